#pragma once

#include <prometheus/metric_type.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "stats/worker_stats.h"

namespace slotway::admin {

/// One number of stats::NodeStats and the metric it becomes, with the label {node}.
struct NodeField {
  stats::Counter stats::NodeStats::* source;
  prometheus::MetricType type;
  const char* name;
  const char* help;
};

inline constexpr std::array kNodeFields{
    NodeField{&stats::NodeStats::requests, prometheus::MetricType::Counter,
              "slotway_upstream_requests_total", "Requests written to the node."},
    NodeField{&stats::NodeStats::replies, prometheus::MetricType::Counter,
              "slotway_upstream_replies_total", "Replies received from the node."},
    NodeField{&stats::NodeStats::errors, prometheus::MetricType::Counter,
              "slotway_upstream_errors_total", "Error replies received from the node."},
    NodeField{&stats::NodeStats::connects, prometheus::MetricType::Counter,
              "slotway_upstream_connects_total", "Connections to the node that became ready."},
    NodeField{&stats::NodeStats::connect_failures, prometheus::MetricType::Counter,
              "slotway_upstream_connect_failures_total",
              "Attempts to connect to the node that failed: refused, timed out, login rejected."},
    NodeField{&stats::NodeStats::lost, prometheus::MetricType::Counter,
              "slotway_upstream_connections_lost_total",
              "Ready connections to the node that broke."},
    NodeField{&stats::NodeStats::protocol_errors, prometheus::MetricType::Counter,
              "slotway_upstream_protocol_errors_total",
              "Connections closed because the node sent a surplus or impossible reply."},
    NodeField{&stats::NodeStats::bytes_in, prometheus::MetricType::Counter,
              "slotway_upstream_received_bytes_total", "Bytes received from the node."},
    NodeField{&stats::NodeStats::bytes_out, prometheus::MetricType::Counter,
              "slotway_upstream_sent_bytes_total", "Bytes sent to the node."},
    NodeField{&stats::NodeStats::connections, prometheus::MetricType::Gauge,
              "slotway_upstream_connections", "Ready connections to the node now."},
    NodeField{&stats::NodeStats::in_flight, prometheus::MetricType::Gauge,
              "slotway_upstream_in_flight", "Requests awaiting a reply of the node now."},
};

/// One node's numbers summed over the workers, in the order of kNodeFields.
using NodeTotals = std::array<std::uint64_t, kNodeFields.size()>;

/// By label value, so that two endpoints which read the same after cleaning make one series, not
/// two with the same name (Prometheus refuses such a scrape).
using NodesByLabel = std::map<std::string, NodeTotals>;

[[nodiscard]] NodesByLabel sum_nodes(const std::vector<const stats::WorkerStats*>& workers);

/// Decides which nodes have series of their own, so that a cluster whose addresses change for
/// months (pods) does not fill Prometheus with the dead.
///
/// A node is shown while the topology names it, while it has a connection or a request in flight,
/// and for kQuietTime after one of its counters last moved, so that the last increments are
/// scraped. Then its series end; should it come back, they go on where they stood. At most
/// kMaxNodes are shown, those of the topology first; the rest is counted, not summed up under
/// another name, because such a sum would fall whenever one of its nodes is let go, and a falling
/// counter reads as a restart.
class NodeRoster {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kMaxNodes = 512;
  static constexpr std::chrono::minutes kQuietTime{10};

  struct Selection {
    std::vector<NodesByLabel::const_iterator> shown;  ///< valid as long as the map that was given
    std::size_t omitted = 0;                          ///< nodes above kMaxNodes
  };

  /// `in_topology` holds label values. Remembers what it saw for the next call.
  [[nodiscard]] Selection select(const NodesByLabel& nodes,
                                 const std::set<std::string>& in_topology, Clock::time_point now);

 private:
  struct LastSeen {
    std::uint64_t activity = 0;  // sum of the counters: moves when any of them does
    Clock::time_point moved;
  };
  bool is_quiet(const NodesByLabel::value_type& node, Clock::time_point now);

  std::unordered_map<std::string, LastSeen> seen_;  // one entry for each node the workers know
};

}  // namespace slotway::admin
