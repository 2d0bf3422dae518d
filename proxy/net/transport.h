#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slotway::net {

/// How a connection ended.
enum class End : std::uint8_t {
  by_peer,  ///< the peer sends nothing more; it may still read what is written
  failed,   ///< broken, or never made: nothing can be read or written any more
};

/// What a transport tells its owner. All calls come on the loop's thread.
class TransportHandler {
 public:
  /// A connection asked for is there. Never called for accepted connections.
  virtual void on_connected() {}

  /// Room for the next read, asked for right before it. An empty span stops reading until
  /// `start_reading` is called again. The room must stay valid until `on_read` or the next call.
  virtual std::span<char> read_room() = 0;

  /// `size` bytes stand at the start of the room given last.
  virtual void on_read(std::size_t size) = 0;

  /// All bytes handed to `write_later` have been taken by the kernel.
  virtual void on_write_drained() = 0;

  /// Nothing more will be read. The owner calls `close` now or later. `reason` is for people.
  /// Called at most once, except that a failure may follow an end by the peer.
  virtual void on_end(End end, std::string_view reason) = 0;

  /// The last call: from now on the transport may be destroyed, in this call at the earliest.
  virtual void on_closed() = 0;

 protected:
  ~TransportHandler() = default;
};

/// One byte stream to a client or a node. Implementations: UvTransport (TCP and unix sockets) and
/// the scripted ones of the tests, which need no sockets.
class Transport {
 public:
  virtual ~Transport() = default;

  virtual void start_reading() = 0;
  virtual void stop_reading() = 0;

  /// Writes what the kernel takes now, without waiting, and returns how much that was. A broken
  /// connection takes nothing and reports itself by on_end. REQUIRES: no write_later is under way.
  [[nodiscard]] virtual std::size_t try_write(std::span<const std::string_view> pieces) = 0;

  /// Writes all of `pieces` as the kernel makes room and then calls on_write_drained. The bytes
  /// belong to the caller and must not move or change until then or until `close`.
  virtual void write_later(std::span<const std::string_view> pieces) = 0;

  /// Ends the connection; on_closed follows in a later turn. May be called more than once.
  virtual void close() = 0;

  // For people, as CLIENT LIST shows it. Asks the kernel, so not for the hot path.

  /// "address:port" of the other end; of a unix socket "path:0", as Redis has it. Empty if not
  /// known.
  [[nodiscard]] virtual std::string peer_address() const { return {}; }
  [[nodiscard]] virtual std::string local_address() const { return {}; }
  [[nodiscard]] virtual bool is_unix() const noexcept { return false; }
  /// The file descriptor, -1 without one.
  [[nodiscard]] virtual int descriptor() const noexcept { return -1; }
  /// User-space memory the transport takes up.
  [[nodiscard]] virtual std::size_t memory_bytes() const noexcept { return 0; }
};

}  // namespace slotway::net
