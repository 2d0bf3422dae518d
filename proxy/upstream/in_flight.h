#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cluster/slot.h"

namespace slotway::upstream {

/// Names, for whoever sent a request, what its reply belongs to. Opaque here: the owner of a ticket
/// may be gone by the time the reply comes, and the reply is then read and dropped.
enum class Ticket : std::uint64_t {};
inline constexpr Ticket kNobody{0};

/// The part number of a request that was not split.
inline constexpr std::uint16_t kWhole = 0xffff;

enum class Purpose : std::uint8_t {
  request,  ///< on behalf of a client
  asking,   ///< the ASKING in front of a request that follows an ASK; its +OK is dropped
  probe,    ///< a PING of our own, to see whether the connection lives
  block,    ///< MULTI, a client's commands and EXEC in one piece: all of it is answered, or sent
            ///< again
  script_load,  ///< SCRIPT LOAD in front of a request that calls the script by its name
  question,     ///< whether the node refuses the keys of a script that seems to have been refused
  own,  ///< on a connection that its client has for itself: its sender judges whatever comes
};

/// One request that has been handed to a connection and not been answered.
struct InFlight {
  Ticket ticket = kNobody;
  std::uint32_t size = 0;  ///< bytes in the connection's output
  cluster::Slot slot;
  std::uint16_t part = kWhole;
  Purpose purpose = Purpose::request;
  std::uint8_t hops = 0;  ///< how often the request was redirected before
  bool pinned = false;    ///< meant for this very node: never sent to another one
  bool asked = false;     ///< an ASKING went ahead of it
  /// The types the reply can have (command::ReplyTypes): known here as well, because the reply of a
  /// request whose client has left still has to be of one of them.
  std::uint16_t reply_types = 0xffff;
  std::uint32_t replies = 1;  ///< how many the node gives to it; the last one is the reply
};

/// The first-in-first-out line of requests on one connection: a ring that grows by doubling and
/// never allocates once it has reached the depth in use. An entry leaves only by its reply or with
/// the connection, because the pairing of replies and requests is nothing but their order.
class InFlightQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return head_ == tail_; }
  [[nodiscard]] std::size_t size() const noexcept { return tail_ - head_; }

  void push(const InFlight& entry) {
    if (size() == ring_.size()) [[unlikely]]
      grow();
    ring_[tail_++ & (ring_.size() - 1)] = entry;
  }

  /// REQUIRES: !empty().
  [[nodiscard]] const InFlight& front() const noexcept { return ring_[head_ & (ring_.size() - 1)]; }
  void pop() noexcept { ++head_; }

  /// REQUIRES: index < size(); 0 is the oldest.
  [[nodiscard]] const InFlight& operator[](std::size_t index) const noexcept {
    return ring_[(head_ + index) & (ring_.size() - 1)];
  }

  void clear() noexcept { head_ = tail_ = 0; }

 private:
  void grow() {
    std::vector<InFlight> larger(ring_.empty() ? kSmallest : ring_.size() * 2);
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) larger[i] = (*this)[i];
    ring_ = std::move(larger);
    head_ = 0;
    tail_ = count;
  }

  static constexpr std::size_t kSmallest = 64;

  std::vector<InFlight> ring_;  // size is zero or a power of two
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

}  // namespace slotway::upstream
