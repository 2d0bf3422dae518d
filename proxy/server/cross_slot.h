#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot.h"
#include "server/collect_work.h"
#include "server/handler.h"
#include "server/work.h"

namespace slotway::server {

// What the reads over keys in several slots have in common (HandlerTable::find_across_slots). What
// they cannot or may not answer gets CROSSSLOT.

/// Argument indexes of the keys of a request, as key_extractor.h finds them.
using KeyPositions = std::vector<std::uint32_t>;
[[nodiscard]] KeyPositions key_positions_of(const Call& call);

/// Keys of one slot, in the order of the request.
struct KeyGroup {
  cluster::Slot slot;
  KeyPositions keys;
};
/// In the order of each slot's first key, so that the request's first key is in the first group.
[[nodiscard]] std::vector<KeyGroup> group_by_slot(const Call& call, const KeyPositions& keys);

/// Each key once, and which of them each position names.
struct DistinctKeys {
  std::vector<std::string_view> keys;      ///< views into the request
  std::vector<std::uint32_t> of_position;  ///< index into keys, for each key of the request
};
[[nodiscard]] DistinctKeys distinct_keys_of(const Call& call, const KeyPositions& keys);

/// The commands a work consists of.
class PartList {
 public:
  void add(cluster::Slot slot, std::span<const std::string_view> arguments);
  [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }
  /// Valid as long as the list.
  [[nodiscard]] std::span<const Part> parts() const noexcept { return parts_; }

 private:
  std::deque<std::string> texts_;  // never move, so that the parts can refer to them
  std::vector<Part> parts_;
};

/// True if the settings allow such reads.
[[nodiscard]] bool may_read_across_slots(const Call& call) noexcept;
[[nodiscard]] session::Verdict refuse_cross_slot(const Call& call);
/// For a request of more parts than a work can have.
[[nodiscard]] session::Verdict refuse_too_many_keys(const Call& call);
[[nodiscard]] CollectWork::Limit cross_slot_limit(const Call& call) noexcept;

/// For arguments that are not understood here: a node is asked the same about the first key alone,
/// put in the place of all others, so that the client hears what is wrong in the words of its
/// server's version. If the node understands what Slotway does not, the answer is CROSSSLOT.
[[nodiscard]] session::Verdict let_a_node_explain(const Call& call, const KeyPositions& keys);

}  // namespace slotway::server
