#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "net/loop.h"
#include "net/transport.h"

namespace slotway::net {

/// How the kernel is asked to find out that a peer has gone silently.
struct TcpOptions {
  std::chrono::seconds keepalive{60};  ///< 0: off
  std::chrono::milliseconds user_timeout{
      10'000};  ///< unacknowledged data for this long ends it; 0: off
};

/// A Transport over a TCP or unix socket on a libuv loop.
///
/// Life: created with a connected descriptor, or told to connect; `close` once; destroyed in or
/// after `on_closed`. The libuv handle lives inside, so the object never moves.
class UvTransport final : public Transport {
 public:
  /// Takes over an accepted descriptor. On failure on_end is called from a later turn.
  static std::unique_ptr<UvTransport> adopt(Loop& loop, int fd, bool is_unix,
                                            const TcpOptions& options, TransportHandler& handler);
  /// Starts to resolve `host` and to connect; on_connected or on_end follows in a later turn.
  static std::unique_ptr<UvTransport> connect(Loop& loop, const std::string& host,
                                              std::uint16_t port, const TcpOptions& options,
                                              TransportHandler& handler);
  ~UvTransport() override;
  UvTransport(const UvTransport&) = delete;
  UvTransport& operator=(const UvTransport&) = delete;

  void start_reading() override;
  void stop_reading() override;
  [[nodiscard]] std::size_t try_write(std::span<const std::string_view> pieces) override;
  void write_later(std::span<const std::string_view> pieces) override;
  void close() override;

  [[nodiscard]] std::string peer_address() const override;
  [[nodiscard]] std::string local_address() const override;
  [[nodiscard]] bool is_unix() const noexcept override { return is_unix_; }
  [[nodiscard]] int descriptor() const noexcept override;
  [[nodiscard]] std::size_t memory_bytes() const noexcept override { return sizeof *this; }

 private:
  struct Lookup;
  struct PendingWrite;
  enum class State : std::uint8_t { open, closing, closed };

  UvTransport(Loop& loop, bool is_unix, const TcpOptions& options, TransportHandler& handler);

  void connect_to(const sockaddr* address);
  void apply_options();
  void fail(const char* reason);
  [[nodiscard]] std::string unix_address() const;
  uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(&handle_); }
  const uv_stream_t* stream() const noexcept {
    return reinterpret_cast<const uv_stream_t*>(&handle_);
  }

  union {
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } handle_;
  TransportHandler& handler_;
  Lookup* lookup_ = nullptr;  // while the host name is being resolved
  TcpOptions options_;
  int fd_ = -1;  // set once connected
  State state_ = State::open;
  bool is_unix_;
  bool failed_ = false;
};

}  // namespace slotway::net
