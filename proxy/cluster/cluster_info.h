#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace slotway::cluster {

/// What CLUSTER INFO says of the cluster as one node sees it.
/// https://redis.io/docs/latest/commands/cluster-info/
struct ClusterInfo {
  bool state_ok = false;
  std::uint64_t slots_assigned = 0;
  std::uint64_t slots_ok = 0;
  std::uint64_t slots_pfail = 0;  ///< owned by nodes that may have failed
  std::uint64_t slots_fail = 0;
  std::uint64_t known_nodes = 0;
  std::uint64_t size = 0;  ///< primaries that own slots
  /// Grows with each failover or new configuration: of two nodes that disagree, the one with the
  /// greater epoch has the newer view.
  std::uint64_t current_epoch = 0;
  std::uint64_t my_epoch = 0;  ///< of the node asked, or of its primary
};

/// Reads the text of CLUSTER INFO. Unknown lines are skipped, missing ones count as 0, except the
/// state and the current epoch, which must be there.
[[nodiscard]] std::expected<ClusterInfo, std::string> parse_cluster_info(std::string_view text);

}  // namespace slotway::cluster
