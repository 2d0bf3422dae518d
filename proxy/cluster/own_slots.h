#pragma once

#include <bitset>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/endpoint.h"
#include "cluster/slot.h"

namespace slotway::cluster {

/// What a node says in CLUSTER NODES of the slots it serves itself. Where a slot map tells what the
/// cluster looked like a while ago, this is the truth about one node at the moment it answered: it
/// alone decides whether it takes a slot's commands.
/// https://redis.io/docs/latest/commands/cluster-nodes/
class OwnSlots {
 public:
  [[nodiscard]] bool owns(Slot slot) const noexcept { return owned_[slot.value()]; }

  /// Owned, and all of its keys are here: it is not being moved to another node.
  [[nodiscard]] bool is_settled(Slot slot) const noexcept {
    return owned_[slot.value()] && !leaving_[slot.value()];
  }

  /// The last slot of the run of settled ones that begins here. REQUIRES: is_settled(first).
  [[nodiscard]] Slot end_of_run(Slot first) const noexcept;

  /// Another node still owns the slot, but its keys are being moved here.
  [[nodiscard]] bool is_arriving(Slot slot) const noexcept { return arriving_[slot.value()]; }

  /// The id of the node to which an owned slot is being moved; empty if it is not.
  [[nodiscard]] std::string_view destination(Slot slot) const noexcept;

  [[nodiscard]] std::size_t owned() const noexcept { return owned_.count(); }

 private:
  friend std::expected<OwnSlots, std::string> parse_own_slots(std::string_view cluster_nodes);

  [[nodiscard]] bool take(std::string_view word);
  [[nodiscard]] bool take_move(std::string_view word);

  std::bitset<kSlotCount> owned_;
  std::bitset<kSlotCount> leaving_;
  std::bitset<kSlotCount> arriving_;
  std::vector<std::pair<Slot, std::string>> destinations_;
};

/// Reads the line of CLUSTER NODES that the answering node calls "myself". A replica owns nothing.
[[nodiscard]] std::expected<OwnSlots, std::string> parse_own_slots(std::string_view cluster_nodes);

/// Where CLUSTER NODES says that the node with this id listens; nothing if it does not say. An
/// empty host means the host of the node that was asked.
[[nodiscard]] std::optional<Endpoint> find_endpoint(std::string_view cluster_nodes,
                                                    std::string_view id,
                                                    std::string_view host_of_node_asked);

}  // namespace slotway::cluster
