#include "cluster/slot_map.h"

#include <algorithm>

namespace slotway::cluster {

std::string_view Node::metadata_value(std::string_view name) const noexcept {
  const auto found = std::ranges::find(metadata, name, &std::pair<std::string, std::string>::first);
  return found == metadata.end() ? std::string_view() : found->second;
}

NodeIndex SlotMap::find(const Endpoint& endpoint) const noexcept {
  const auto found = std::ranges::find(nodes_, endpoint, &Node::endpoint);
  if (found == nodes_.end()) return kNoNode;
  return static_cast<NodeIndex>(found - nodes_.begin());
}

std::vector<NodeIndex> SlotMap::replicas_of(NodeIndex primary) const {
  std::vector<NodeIndex> replicas;
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    const Node& candidate = nodes_[index];
    if (candidate.role == Role::replica && candidate.primary == primary) {
      replicas.push_back(static_cast<NodeIndex>(index));
    }
  }
  return replicas;
}

NodeIndex SlotMap::find_by_any_address(const Endpoint& endpoint) const noexcept {
  if (const NodeIndex known = find(endpoint); known != kNoNode) return known;
  const auto listens_there = [&](const Node& node) {
    return node.endpoint.port == endpoint.port &&
           (node.metadata_value("hostname") == endpoint.host ||
            node.metadata_value("ip") == endpoint.host);
  };
  const auto found = std::ranges::find_if(nodes_, listens_there);
  if (found == nodes_.end()) return kNoNode;
  return static_cast<NodeIndex>(found - nodes_.begin());
}

bool SlotMap::same_layout(const SlotMap& other) const {
  if (covered_slots_ != other.covered_slots_ || nodes_.size() != other.nodes_.size() ||
      ranges_.size() != other.ranges_.size()) {
    return false;
  }
  // Nodes may be listed in another order, so each of ours is looked up in the other map, and what
  // refers to nodes by index is translated before it is compared.
  std::unordered_map<Endpoint, NodeIndex> index_in_other;
  for (std::size_t index = 0; index < other.nodes_.size(); ++index) {
    index_in_other.emplace(other.nodes_[index].endpoint, static_cast<NodeIndex>(index));
  }
  std::vector<NodeIndex> translated(nodes_.size());
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    const auto found = index_in_other.find(nodes_[index].endpoint);
    if (found == index_in_other.end()) return false;
    translated[index] = found->second;
  }
  const auto translate = [&](NodeIndex index) {
    return index == kNoNode ? kNoNode : translated[static_cast<std::size_t>(index)];
  };
  for (std::size_t index = 0; index < nodes_.size(); ++index) {
    Node ours = nodes_[index];
    ours.primary = translate(ours.primary);
    if (ours != other.node(translated[index])) return false;
  }
  return std::ranges::equal(ranges_, other.ranges_, [&](SlotRange ours, const SlotRange& theirs) {
    ours.owner = translate(ours.owner);
    return ours == theirs;
  });
}

}  // namespace slotway::cluster
