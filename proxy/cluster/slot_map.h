#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/endpoint.h"
#include "cluster/slot.h"

namespace slotway::cluster {

/// Position in SlotMap::nodes(). It means something only together with the map it came from.
enum class NodeIndex : std::uint16_t {};
inline constexpr NodeIndex kNoNode{0xffff};

enum class Role : std::uint8_t { primary, replica };

/// What the cluster says of a node's state; CLUSTER SLOTS says nothing.
enum class Health : std::uint8_t { unknown, online, loading, failed };

/// One member of the cluster.
struct Node {
  Endpoint endpoint;
  std::string id;  ///< 40 hexadecimal digits; empty where the reply has none
  Role role = Role::primary;
  NodeIndex primary = kNoNode;  ///< of a replica: the primary it follows
  Health health = Health::unknown;
  /// What else the cluster tells, sorted by name: "hostname", "availability-zone", "shard-id", ...
  std::vector<std::pair<std::string, std::string>> metadata;

  /// The value of a metadata entry; empty if there is none.
  [[nodiscard]] std::string_view metadata_value(std::string_view name) const noexcept;

  friend bool operator==(const Node&, const Node&) = default;
};

/// Neighbouring slots of one owner; both ends belong to it.
struct SlotRange {
  Slot first;
  Slot last;
  NodeIndex owner;

  friend bool operator==(const SlotRange&, const SlotRange&) = default;
};

/// Who owns which slot: an immutable snapshot of the cluster, shared by all threads behind a
/// shared_ptr<const SlotMap> once it is published. Made by SlotMapBuilder, so that each map that
/// exists is consistent: every owner is a primary of nodes(), every replica's primary is one as
/// well, no two nodes share an endpoint. Gaps are legal: during a failover, slots may have no
/// owner.
class SlotMap {
 public:
  /// The primary that owns the slot; kNoNode if nobody does. One load: the request path.
  [[nodiscard]] NodeIndex owner(Slot slot) const noexcept { return owners_[slot.value()]; }

  /// Primaries and replicas, in the order of the reply.
  [[nodiscard]] std::span<const Node> nodes() const noexcept { return nodes_; }

  /// REQUIRES: index != kNoNode, and index comes from this map.
  [[nodiscard]] const Node& node(NodeIndex index) const noexcept {
    return nodes_[static_cast<std::size_t>(index)];
  }

  /// The node that listens there; kNoNode if the cluster has none. Linear: not for the request
  /// path.
  [[nodiscard]] NodeIndex find(const Endpoint& endpoint) const noexcept;

  /// The same by any address that the cluster has told of a node: its "hostname" or "ip", too.
  [[nodiscard]] NodeIndex find_by_any_address(const Endpoint& endpoint) const noexcept;

  /// All primaries, those without slots included.
  [[nodiscard]] std::span<const NodeIndex> primaries() const noexcept { return primaries_; }

  /// The primaries that own at least one slot, by their first slot: the shards that hold data.
  [[nodiscard]] std::span<const NodeIndex> shards() const noexcept { return shards_; }

  [[nodiscard]] std::vector<NodeIndex> replicas_of(NodeIndex primary) const;

  [[nodiscard]] bool complete() const noexcept { return covered_slots_ == kSlotCount; }
  [[nodiscard]] std::size_t covered_slots() const noexcept { return covered_slots_; }

  /// The fewest ranges that describe the owned slots, sorted; adjacent ranges of one owner are one.
  [[nodiscard]] std::span<const SlotRange> ranges() const noexcept { return ranges_; }

  /// True if slots, nodes, roles and metadata are the same, in whatever order the nodes were
  /// listed, so that publishing the map again would change nothing.
  [[nodiscard]] bool same_layout(const SlotMap& other) const;

  /// Counts published maps: set by the publisher before it shares the map, growing by one each
  /// time.
  [[nodiscard]] std::uint64_t version() const noexcept { return version_; }
  void set_version(std::uint64_t version) noexcept { version_ = version; }

 private:
  friend class SlotMapBuilder;
  SlotMap() noexcept { owners_.fill(kNoNode); }

  std::array<NodeIndex, kSlotCount> owners_;
  std::vector<Node> nodes_;
  std::vector<NodeIndex> primaries_;
  std::vector<NodeIndex> shards_;
  std::vector<SlotRange> ranges_;
  std::size_t covered_slots_ = 0;
  std::uint64_t version_ = 0;
};

}  // namespace slotway::cluster
