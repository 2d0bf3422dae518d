#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot.h"
#include "session/request_pool.h"
#include "upstream/in_flight.h"

namespace slotway::server {

/// A request, or a part of one, that waits to be sent again.
struct HeldRequest {
  session::RequestHandle request;
  std::uint16_t part;
  cluster::Slot slot;
  std::uint8_t hops;
  upstream::Purpose purpose;
  std::uint32_t replies;
  std::uint64_t not_before_ns;
  std::string bytes;
  std::string last_error;  ///< what the node said, for the client if the deadline passes
};

/// Requests that no node has executed and that can go on only later: the node said TRYAGAIN or CLUSTERDOWN,
/// the connection broke before they were sent, or a shard has no reachable primary.
///
/// In order: a session's held requests leave in the order they came, and while a session has any, it
/// sends nothing new (ClientSession::held_requests).
class RetryQueue {
 public:
  explicit RetryQueue(std::size_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}

  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept {
    return bytes_ + bytes <= limit_bytes_;
  }
  /// Beyond the limit only for parts of works that have begun, whose number is bounded by other limits.
  void hold(session::PendingRequest& pending, HeldRequest request);

  /// Offers each request that is due to `send`, which says whether it could be sent now. Requests that are
  /// over (answered by their deadline, client gone) are dropped.
  void run(session::RequestPool& pool, std::uint64_t now_ns,
           const std::function<bool(session::PendingRequest&, const HeldRequest&)>& send);

  /// The node's last error for a held request; empty if there was none or it is not held.
  [[nodiscard]] std::string_view last_error(session::RequestHandle request) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::vector<HeldRequest> held_;
  std::size_t bytes_ = 0;
  const std::size_t limit_bytes_;
};

}  // namespace slotway::server
