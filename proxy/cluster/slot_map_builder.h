#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <unordered_map>

#include "cluster/endpoint.h"
#include "cluster/slot_map.h"

namespace slotway::cluster {

/// Builds a SlotMap from what a node claims and refuses what cannot be true. Every error is a
/// phrase that names the fault; whoever asked then keeps its last good map.
class SlotMapBuilder {
 public:
  /// The limit of a map: 1,000 shards (the size the cluster specification aims at) of 10 nodes
  /// each.
  static constexpr std::size_t kMaxNodes = 10'000;

  using Result = std::expected<void, std::string>;

  /// Adds a node and gives its index. A replica names its primary, which must have been added
  /// before. Refused: an endpoint or an id that another node has, an impossible host, port 0, too
  /// many nodes.
  [[nodiscard]] std::expected<NodeIndex, std::string> add_node(Node node);

  /// The node added with this endpoint; kNoNode if there is none.
  [[nodiscard]] NodeIndex find(const Endpoint& endpoint) const;

  /// REQUIRES: index was returned by add_node.
  [[nodiscard]] const Node& node(NodeIndex index) const noexcept { return map_.node(index); }

  /// Gives the slots from first to last to a primary. Refused: numbers outside 0-16383, first >
  /// last, slots that another node already owns, an owner that is a replica or unknown. Repeating a
  /// claim is harmless.
  [[nodiscard]] Result assign(std::int64_t first, std::int64_t last, NodeIndex owner);

  /// Finishes the map. Refused: a map without nodes or without a single owned slot, which is what a
  /// node answers that has not joined its cluster yet.
  [[nodiscard]] std::expected<SlotMap, std::string> build() &&;

 private:
  SlotMap map_;
  std::unordered_map<Endpoint, NodeIndex> by_endpoint_;
  std::unordered_map<std::string, NodeIndex> by_id_;
  std::size_t claims_ = 0;
};

}  // namespace slotway::cluster
