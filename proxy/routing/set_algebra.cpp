#include "routing/set_algebra.h"

#include <algorithm>
#include <cstdint>

#include "routing/member_table.h"

namespace slotway::routing {

Members unite(std::span<const Members> sets) {
  std::size_t most = 0;
  for (const Members& set : sets) most = std::max(most, set.size());
  MemberTable all(most);
  for (const Members& set : sets) {
    for (const std::string_view member : set) all.add(member);
  }
  return all.members();
}

Members intersect(std::span<const Members> sets) {
  const auto smallest = std::ranges::min_element(sets, {}, &Members::size);
  MemberTable candidates(smallest->size());
  for (const std::string_view member : *smallest) candidates.add(member);

  // How many of the sets looked at so far have a candidate; one they lack stays behind for good.
  std::vector<std::size_t> seen(candidates.size(), 0);
  std::size_t looked_at = 0;
  for (auto set = sets.begin(); set != sets.end(); ++set) {
    if (set == smallest) continue;
    for (const std::string_view member : *set) {
      const std::uint32_t number = candidates.find(member);
      if (number != MemberTable::kNone && seen[number] == looked_at) ++seen[number];
    }
    ++looked_at;
  }
  Members result;
  for (std::size_t number = 0; number < seen.size(); ++number) {
    if (seen[number] == looked_at) result.push_back(candidates.members()[number]);
  }
  return result;
}

Members subtract(std::span<const Members> sets) {
  const Members& first = sets.front();
  MemberTable candidates(first.size());
  for (const std::string_view member : first) candidates.add(member);
  std::vector<bool> taken(candidates.size(), false);
  for (const Members& set : sets.subspan(1)) {
    for (const std::string_view member : set) {
      const std::uint32_t number = candidates.find(member);
      if (number != MemberTable::kNone) taken[number] = true;
    }
  }
  Members result;
  for (std::size_t number = 0; number < taken.size(); ++number) {
    if (!taken[number]) result.push_back(candidates.members()[number]);
  }
  return result;
}

}  // namespace slotway::routing
