#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/slot_map.h"
#include "stats/worker_stats.h"
#include "upstream/connection.h"

namespace slotway::server {

/// The connections of one worker to one node.
class UpstreamNode {
 public:
  UpstreamNode(cluster::Endpoint endpoint, stats::NodeStats& stats)
      : endpoint_(std::move(endpoint)), stats_(stats) {}

  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] stats::NodeStats& stats() noexcept { return stats_; }

 private:
  friend class NodeTable;

  const cluster::Endpoint endpoint_;
  stats::NodeStats& stats_;
  // Those for RESP2, those for RESP3, then one aside for each.
  std::vector<std::unique_ptr<upstream::Connection>> lanes_;
  bool in_map_ = false;
  std::uint64_t last_named_ns_ = 0;  // when a redirect last named a node that the map does not have
};

/// On whose behalf a connection is used. Replies differ by protocol, so each has connections of its
/// own.
struct Caller {
  std::uint64_t session_id;
  int protocol;        ///< 2 or 3
  bool aside = false;  ///< not over the connections on which clients' requests wait
};

/// The nodes a worker talks to, by their place in the slot map and by endpoint (for redirects,
/// which may name a node before the map does).
class NodeTable {
 public:
  NodeTable(const upstream::ConnectionOptions& options, std::size_t lanes,
            std::span<char> read_buffer, upstream::Connector& connector,
            upstream::ConnectionObserver& observer, stats::WorkerStats& stats);

  /// Nodes outside of a new map finish what they have in flight and go.
  void adopt(const cluster::SlotMap& map);

  /// The connection for a session's requests to a node of the map: always the same lane for the
  /// same session, because two lanes would not keep the order of its commands.
  [[nodiscard]] upstream::Connection& connection(cluster::NodeIndex node, const Caller& caller) {
    const auto index = static_cast<std::size_t>(node);
    if (!caller.aside) [[likely]] {
      upstream::Connection* known = in_map_[index * 2 * lanes_ + lane_index(caller)];
      if (known != nullptr) [[likely]]
        return *known;
    }
    return open_in_map(index, caller);
  }

  /// The same by endpoint. Null if too many nodes outside of the map have been named already.
  [[nodiscard]] upstream::Connection* connection(const cluster::Endpoint& endpoint,
                                                 const Caller& caller, std::uint64_t now_ns);

  /// The connection to a node that there is already, with the same lane; null if there is none.
  [[nodiscard]] const upstream::Connection* find(const cluster::Endpoint& endpoint,
                                                 const Caller& caller) const;

  void tick(std::uint64_t now_ns);
  void shut_down();
  [[nodiscard]] bool empty() const noexcept { return nodes_.empty() && leaving_.empty(); }

 private:
  /// Redirects may name at most this many nodes that the map does not have.
  static constexpr std::size_t kMaxForeignNodes = 64;

  [[nodiscard]] upstream::Connection& lane(UpstreamNode& node, const Caller& caller);
  [[nodiscard]] std::size_t lane_index(const Caller& caller) const noexcept {
    const std::size_t first = caller.protocol == 3 ? lanes_ : 0;
    if (caller.aside) [[unlikely]]
      return 2 * lanes_ + (caller.protocol == 3 ? 1 : 0);
    return first + (lanes_ == 1 ? 0 : caller.session_id % lanes_);
  }
  upstream::Connection& open_in_map(std::size_t node, const Caller& caller);
  UpstreamNode& node_at(const cluster::Endpoint& endpoint);
  [[nodiscard]] bool is_leaving(const UpstreamNode& node, std::uint64_t now_ns) const;
  void dismiss(std::unique_ptr<UpstreamNode> node);

  const upstream::ConnectionOptions& options_;
  const std::size_t lanes_;
  std::span<char> read_buffer_;
  upstream::Connector& connector_;
  upstream::ConnectionObserver& observer_;
  stats::WorkerStats& stats_;
  std::unordered_map<cluster::Endpoint, std::unique_ptr<UpstreamNode>> nodes_;
  std::vector<UpstreamNode*> by_index_;  // place of the node in the slot map
  // The connections of by_index_ that there are, but those aside, one after another: what each
  // request looks up.
  std::vector<upstream::Connection*> in_map_;
  std::vector<std::unique_ptr<UpstreamNode>> leaving_;  // shut down, their transports still closing
  std::size_t foreign_nodes_ = 0;
};

}  // namespace slotway::server
