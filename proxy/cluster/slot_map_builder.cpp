#include "cluster/slot_map_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "cluster/quoted.h"

namespace slotway::cluster {
namespace {

std::size_t position(NodeIndex index) { return static_cast<std::size_t>(index); }

}  // namespace

std::expected<NodeIndex, std::string> SlotMapBuilder::add_node(Node node) {
  if (map_.nodes_.size() == kMaxNodes) {
    return std::unexpected(fmt::format("more than {} nodes", kMaxNodes));
  }
  if (!is_host(node.endpoint.host)) {
    return std::unexpected(fmt::format("{} is no host name", quoted(node.endpoint.host)));
  }
  const std::string where = to_string(node.endpoint);
  if (node.endpoint.port == 0) return std::unexpected(fmt::format("node {} has no port", where));
  if (node.role == Role::primary) {
    node.primary = kNoNode;
  } else if (position(node.primary) >= map_.nodes_.size() ||
             map_.node(node.primary).role != Role::primary) {
    return std::unexpected(fmt::format("replica {} follows no known primary", where));
  }
  if (by_endpoint_.contains(node.endpoint)) {
    return std::unexpected(fmt::format("two nodes claim the address {}", where));
  }
  if (!node.id.empty() && by_id_.contains(node.id)) {
    return std::unexpected(fmt::format("two nodes claim the id {}", quoted(node.id)));
  }
  const auto index = static_cast<NodeIndex>(map_.nodes_.size());
  by_endpoint_.emplace(node.endpoint, index);
  if (!node.id.empty()) by_id_.emplace(node.id, index);
  std::ranges::sort(node.metadata);
  map_.nodes_.push_back(std::move(node));
  return index;
}

NodeIndex SlotMapBuilder::find(const Endpoint& endpoint) const {
  const auto found = by_endpoint_.find(endpoint);
  return found == by_endpoint_.end() ? kNoNode : found->second;
}

SlotMapBuilder::Result SlotMapBuilder::assign(std::int64_t first, std::int64_t last,
                                              NodeIndex owner) {
  const std::optional<Slot> first_slot = Slot::from_number(first);
  const std::optional<Slot> last_slot = Slot::from_number(last);
  if (!first_slot || !last_slot) {
    return std::unexpected(fmt::format("slots {}-{} are not within 0-16383", first, last));
  }
  if (first > last) {
    return std::unexpected(fmt::format("slots {}-{} end before they begin", first, last));
  }
  if (position(owner) >= map_.nodes_.size() || map_.node(owner).role != Role::primary) {
    return std::unexpected(fmt::format("slots {}-{} are given to no primary", first, last));
  }
  // No slot is free for a claim beyond this number; the limit bounds the work of a hostile reply.
  if (++claims_ > kSlotCount) return std::unexpected(std::string("more slot ranges than slots"));
  for (std::size_t slot = first_slot->value(); slot <= last_slot->value(); ++slot) {
    NodeIndex& current = map_.owners_[slot];
    if (current != kNoNode && current != owner) {
      return std::unexpected(fmt::format("slot {} belongs to both {} and {}", slot,
                                         to_string(map_.node(current).endpoint),
                                         to_string(map_.node(owner).endpoint)));
    }
    current = owner;
  }
  return {};
}

std::expected<SlotMap, std::string> SlotMapBuilder::build() && {
  if (map_.nodes_.empty()) return std::unexpected(std::string("no node is listed"));
  for (std::size_t index = 0; index < map_.nodes_.size(); ++index) {
    if (map_.nodes_[index].role == Role::primary) {
      map_.primaries_.push_back(static_cast<NodeIndex>(index));
    }
  }
  std::vector<bool> is_shard(map_.nodes_.size());
  for (std::size_t number = 0; number < kSlotCount; ++number) {
    const NodeIndex owner = map_.owners_[number];
    if (owner == kNoNode) continue;
    const Slot slot = *Slot::from_number(static_cast<std::int64_t>(number));
    ++map_.covered_slots_;
    if (!is_shard[position(owner)]) {
      is_shard[position(owner)] = true;
      map_.shards_.push_back(owner);
    }
    const bool continues = number > 0 && map_.owners_[number - 1] == owner && !map_.ranges_.empty();
    if (continues) {
      map_.ranges_.back().last = slot;
    } else {
      map_.ranges_.push_back({slot, slot, owner});
    }
  }
  if (map_.covered_slots_ == 0) {
    return std::unexpected(std::string("no slot is assigned to any node"));
  }
  return std::move(map_);
}

}  // namespace slotway::cluster
