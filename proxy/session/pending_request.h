#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/slot.h"
#include "command/command.h"
#include "resp/byte_buffer.h"
#include "resp/reply_frame.h"

namespace slotway::session {

class ClientSession;

/// Names a pending request without keeping it alive: once the request is over, the same place may
/// serve another one, and the generation tells them apart.
struct RequestHandle {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;  // never 0 for a request that exists

  friend bool operator==(RequestHandle, RequestHandle) = default;
};

/// A reply that came before its turn. Small ones, by far the most, need no allocation.
class ParkedReply {
 public:
  void keep(const resp::ReplyFrame& reply) {
    if (reply.bytes.size() <= inline_.size()) {
      std::memcpy(inline_.data(), reply.bytes.data(), reply.bytes.size());
      size_ = static_cast<std::uint32_t>(reply.bytes.size());
      return;
    }
    if (reply.buffer != nullptr) {
      large_ = std::make_unique<resp::ByteBuffer>(std::move(*reply.buffer));
    } else {
      large_ = std::make_unique<resp::ByteBuffer>(reply.bytes.size());
      large_->append(reply.bytes);
    }
  }

  /// Adds bytes to those kept.
  void append(std::string_view bytes) {
    if (large_ == nullptr) {
      if (size_ + bytes.size() <= inline_.size()) {
        std::memcpy(inline_.data() + size_, bytes.data(), bytes.size());
        size_ += static_cast<std::uint32_t>(bytes.size());
        return;
      }
      large_ = std::make_unique<resp::ByteBuffer>(2 * (size_ + bytes.size()));
      large_->append({inline_.data(), size_});
    }
    large_->append(bytes);
  }

  [[nodiscard]] resp::ReplyFrame frame() const noexcept {
    if (large_ != nullptr) return {large_->view(), large_.get()};
    return {{inline_.data(), size_}, nullptr};
  }
  /// Bytes held outside of the object, for the client's memory limit.
  [[nodiscard]] std::size_t heap_bytes() const noexcept {
    return large_ == nullptr ? 0 : large_->capacity();
  }
  void clear() noexcept { large_.reset(); }

 private:
  std::unique_ptr<resp::ByteBuffer> large_;
  std::uint32_t size_ = 0;
  std::array<char, 116> inline_;  // a 64-byte value and its frame fit with room to spare
};

/// Work that a request consists of besides forwarding one message, for example the parts of a split
/// one. Owned by its request; ends with it, be that by its reply or because the client left.
class RequestWork {
 public:
  virtual ~RequestWork() = default;

  /// The client's request as the slow log would show it; empty if nothing is logged.
  std::string shown_arguments;

  /// False for work that keeps its own time, such as that of a command that blocks.
  [[nodiscard]] virtual bool has_deadline() const noexcept { return true; }
  /// Which nodes have not answered, for the error when its time is over; empty if nobody is asked
  /// by name.
  [[nodiscard]] virtual std::string awaited() const { return {}; }
};

/// One request of a client from its parsing until its reply has gone to the client's output.
/// Thousands are under way at once, more than the first-level cache holds: what each of them needs
/// stands in one cache line, and the parked reply, which few need, behind it.
struct alignas(64) PendingRequest {
  enum class State : std::uint8_t {
    free,
    waiting,   ///< its reply has not come
    answered,  ///< its reply is parked until the client's earlier requests are answered
  };

  std::uint32_t generation = 0;
  std::uint32_t index = 0;
  std::uint32_t next = 0;  ///< in the session's line, or in the list of free places
  std::uint32_t order =
      0;  ///< place among its session's requests, counted from its first; wraps around
  std::uint32_t turn = 0;  ///< index, or for a muted request a number that no request has
  State state = State::free;
  bool read_only = false;        ///< may be sent again even if it may have run
  std::uint16_t held_parts = 0;  ///< how many of its parts wait in the retry queue
  cluster::Slot slot;
  command::CommandId command{};
  command::ReplyTypes reply_types = command::kAnyReply;
  ClientSession* session = nullptr;
  std::uint64_t started_ns = 0;
  std::unique_ptr<RequestWork> work;
  ParkedReply parked;

  [[nodiscard]] RequestHandle handle() const noexcept { return {index, generation}; }
  /// Its reply is dropped when its turn comes (CLIENT REPLY OFF and SKIP).
  [[nodiscard]] bool muted() const noexcept { return turn != index; }
  void never_mute() noexcept { turn = index; }
};
static_assert(offsetof(PendingRequest, parked) + sizeof(void*) <= 64);

}  // namespace slotway::session
