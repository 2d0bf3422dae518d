#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cluster/slot.h"
#include "resp/request_view.h"

namespace slotway::routing {

/// The keys of a request that share a slot, and so may travel in one command.
struct SplitGroup {
  cluster::Slot slot;
  std::uint32_t keys = 0;          ///< how many, duplicates counted
  std::uint32_t first = 0;         ///< where its ordinals begin in the plan
  std::size_t argument_bytes = 0;  ///< of its keys (and values), as bulk strings on the wire
};

/// How a request is divided by slot: groups in the order in which their first keys appear. Owned by
/// the Splitter that made it and overwritten by its next plan.
class SplitPlan {
 public:
  [[nodiscard]] std::span<const SplitGroup> groups() const noexcept { return groups_; }

  /// Key ordinals of a group (0 is the request's first key), ascending, duplicates kept.
  [[nodiscard]] std::span<const std::uint32_t> ordinals(const SplitGroup& group) const noexcept {
    return std::span(ordinals_).subspan(group.first, group.keys);
  }

  /// All ordinals, group after group.
  [[nodiscard]] std::span<const std::uint32_t> ordinals() const noexcept { return ordinals_; }

  [[nodiscard]] std::size_t keys() const noexcept { return ordinals_.size(); }

  /// Argument index of each key; the caller's memory, see Splitter::plan.
  [[nodiscard]] std::span<const std::uint32_t> key_positions() const noexcept {
    return key_positions_;
  }

  /// 1 if a key stands alone, 2 if a value follows it.
  [[nodiscard]] std::uint32_t arguments_per_key() const noexcept { return arguments_per_key_; }

 private:
  friend class Splitter;
  friend std::size_t part_size(const resp::RequestView&, const SplitPlan&,
                               const SplitGroup&) noexcept;
  friend char* write_part(char*, const resp::RequestView&, const SplitPlan&,
                          const SplitGroup&) noexcept;

  std::vector<SplitGroup> groups_;
  std::vector<std::uint32_t> ordinals_;
  std::span<const std::uint32_t> key_positions_;
  std::uint32_t arguments_per_key_ = 1;
  std::size_t name_begin_ = 0;  // of the command's name as a bulk string, in the request's bytes
  std::size_t name_size_ = 0;
};

/// Divides requests by slot, in time linear in the number of keys. One per worker: it keeps its
/// memory, so that after the largest request so far nothing is allocated any more.
class Splitter {
 public:
  Splitter();

  /// REQUIRES: every position + arguments_per_key <= request.size() (decide_route sees to it).
  /// The plan refers to key_positions and to nothing else of the caller's; it is valid until the
  /// next call and as long as key_positions is.
  [[nodiscard]] const SplitPlan& plan(const resp::RequestView& request,
                                      std::span<const std::uint32_t> key_positions,
                                      std::uint32_t arguments_per_key);

 private:
  /// Which group a slot has in the current plan. A place whose stamp is old counts as empty, so
  /// that nobody has to clear the table between two requests.
  struct Place {
    std::uint32_t stamp = 0;
    std::uint32_t group = 0;
  };

  std::uint32_t next_stamp();
  std::uint32_t group_of(cluster::Slot slot, std::uint32_t stamp);

  SplitPlan plan_;
  std::vector<Place> places_;                // index = slot; 128 KiB, on the heap
  std::vector<std::uint32_t> group_of_key_;  // index = key ordinal
  std::uint32_t stamp_ = 0;
};

/// The exact number of bytes write_part will write.
[[nodiscard]] std::size_t part_size(const resp::RequestView& request, const SplitPlan& plan,
                                    const SplitGroup& group) noexcept;

/// Writes the command of one group: the client's own command name, spelled as sent, and the group's
/// keys (and values) in order, as an array of bulk strings. Returns the end of what it wrote.
/// REQUIRES: room for part_size() bytes at out; the request the plan was made of.
char* write_part(char* out, const resp::RequestView& request, const SplitPlan& plan,
                 const SplitGroup& group) noexcept;

/// The same, at the end of a string.
void append_part(std::string& out, const resp::RequestView& request, const SplitPlan& plan,
                 const SplitGroup& group);

}  // namespace slotway::routing
