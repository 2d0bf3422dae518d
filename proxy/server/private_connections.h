#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cluster/endpoint.h"
#include "stats/worker_stats.h"
#include "upstream/connection.h"

namespace slotway::server {

class PrivateConnections;
struct PrivatePlace;

/// A connection to a node that one client has for itself, as long as this object lives. Movable.
///
/// It ends with the lease: nobody can know what a connection still holds that is given up in the
/// middle of something. Only give_back() lets another client have it, and says that nothing is left
/// of this one.
class PrivateLease {
 public:
  PrivateLease() noexcept = default;
  PrivateLease(PrivateLease&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        place_(std::exchange(other.place_, nullptr)) {}
  PrivateLease& operator=(PrivateLease&& other) noexcept;
  PrivateLease(const PrivateLease&) = delete;
  PrivateLease& operator=(const PrivateLease&) = delete;
  ~PrivateLease() { end(); }

  [[nodiscard]] explicit operator bool() const noexcept { return place_ != nullptr; }
  /// REQUIRES: not empty.
  [[nodiscard]] upstream::Connection& connection() const noexcept;
  /// False once the connection has failed; it does not come back.
  [[nodiscard]] bool alive() const noexcept;
  /// What CLIENT ID says on this connection; 0 as long as nobody has asked.
  [[nodiscard]] std::int64_t node_client_id() const noexcept;
  void set_node_client_id(std::int64_t id) noexcept;

  /// Another client may have it: everything sent has been answered, or is about to be without
  /// leaving a trace. The lease is empty afterwards.
  void give_back() noexcept;
  /// Ends the connection a little later. For callers that are in a callback of this very
  /// connection.
  void retire() noexcept;
  /// Ends the connection at once.
  void end() noexcept;

 private:
  friend class PrivateConnections;
  PrivateLease(PrivateConnections* owner, PrivatePlace* place) noexcept
      : owner_(owner), place_(place) {}

  PrivateConnections* owner_ = nullptr;
  PrivatePlace* place_ = nullptr;
};

/// All connections of a worker that serve one client at a time: for blocking commands and WATCH,
/// whose state lives in the connection. One that was given back waits a while for its next client.
///
/// Their number is bounded, those that wait included. The Dispatcher observes them, as it observes
/// the shared ones; what a node says on them reaches the work that sent the request as it is
/// (upstream::Purpose::own).
class PrivateConnections {
 public:
  PrivateConnections(const upstream::ConnectionOptions& options, std::size_t limit,
                     std::span<char> read_buffer, upstream::Connector& connector,
                     upstream::ConnectionObserver& observer, stats::WorkerStats& stats);
  ~PrivateConnections();
  PrivateConnections(const PrivateConnections&) = delete;
  PrivateConnections& operator=(const PrivateConnections&) = delete;

  /// A connection to a node for one client; it connects with the first request. Empty at the limit.
  [[nodiscard]] PrivateLease lease(const cluster::Endpoint& node, int protocol);
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

  /// To be called when a connection has ended, be it one of these or not.
  enum class Ended : std::uint8_t {
    not_ours,
    by_itself,  ///< a private connection that was not to end
    on_our_part,
  };
  Ended on_down(upstream::Connection& connection);

  void tick(std::uint64_t now_ns);
  /// Ends those that wait for a client and refuses new leases. REQUIRES: no leases are left.
  void shut_down();
  [[nodiscard]] bool empty() const noexcept { return places_.empty(); }

 private:
  friend class PrivateLease;

  void give_back(PrivatePlace& place) noexcept;
  static void retire(PrivatePlace& place) noexcept;
  void end(PrivatePlace& place);
  [[nodiscard]] PrivatePlace* take_idle(const cluster::Endpoint& node, int protocol);
  void leave_idle(PrivatePlace& place);
  [[nodiscard]] bool make_room();
  void count() noexcept;

  const upstream::ConnectionOptions options_;
  const std::size_t limit_;
  std::span<char> read_buffer_;
  upstream::Connector& connector_;
  upstream::ConnectionObserver& observer_;
  stats::WorkerStats& stats_;

  std::vector<std::unique_ptr<PrivatePlace>> places_;
  std::unordered_map<const upstream::Connection*, PrivatePlace*> by_connection_;
  /// Those without a client, for RESP2 and for RESP3; the one used last is at the back.
  std::unordered_map<cluster::Endpoint, std::array<std::vector<PrivatePlace*>, 2>> idle_;
  std::size_t ending_ = 0;    // places whose connections are on their way out
  std::uint64_t now_ns_ = 0;  // of the last tick
  bool shut_down_ = false;
};

}  // namespace slotway::server
