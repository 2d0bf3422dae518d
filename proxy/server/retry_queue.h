#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/endpoint.h"
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

  /// What the node that refused it had been sent until then: it may run that yet, and in front of
  /// it.
  struct Fence {
    cluster::Endpoint node;  ///< no host: there is none
    std::uint64_t position = 0;
  };
  Fence fence{};

  // Set by the queue.
  bool in_doubt = false;  ///< not to be sent before it is known that it has not run
  const session::ClientSession* session = nullptr;  ///< to compare with, no more
  std::uint32_t order = 0;                          ///< PendingRequest::order
  bool read_only = false;                           ///< PendingRequest::read_only
  bool overtaken = false;  ///< a later request of its session on the same key has run
};

/// Requests that no node has executed and that can go on only later: the node said TRYAGAIN or
/// CLUSTERDOWN, the connection broke before they were sent, or a shard has no reachable primary.
///
/// In order: a session's held requests leave in the order its client sent them, and while a session
/// has any, it sends nothing new (ClientSession::held_requests). One that was refused while later
/// ones were under way already must not run after a later one on the same key: it is given up then.
class RetryQueue {
 public:
  explicit RetryQueue(std::size_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}

  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept {
    return bytes_ + bytes <= limit_bytes_;
  }
  /// Beyond the limit only for parts of works that have begun, whose number is bounded by other
  /// limits.
  void hold(session::PendingRequest& pending, HeldRequest request);

  /// Of a request that has just been held: it may have run, and waits until take_doubtful().
  void doubt(session::RequestHandle request) noexcept;
  /// Gives back a request in doubt, held no longer; nothing if it has been overtaken.
  [[nodiscard]] std::optional<HeldRequest> take_doubtful(session::PendingRequest& pending);

  /// Offers each request that is due to `send`, which says whether it could be sent now. Requests
  /// that are over (answered by their deadline, client gone) are dropped. Returns those that were
  /// overtaken, which are held no longer and have to be failed.
  [[nodiscard]] std::vector<HeldRequest> run(
      session::RequestPool& pool, std::uint64_t now_ns,
      const std::function<bool(session::PendingRequest&, const HeldRequest&)>& send);

  /// A request of a session of which others are held has run in a slot: earlier ones there that
  /// must not run behind it are overtaken.
  void note_run(const session::PendingRequest& ran, cluster::Slot slot,
                const std::function<bool(const HeldRequest& held)>& conflicts);

  /// The node's last error for a held request; empty if there was none or it is not held.
  [[nodiscard]] std::string_view last_error(session::RequestHandle request) const noexcept;

  [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  static void insert(std::vector<HeldRequest>& held, HeldRequest request);

  std::vector<HeldRequest> held_;
  std::size_t bytes_ = 0;
  const std::size_t limit_bytes_;
};

}  // namespace slotway::server
