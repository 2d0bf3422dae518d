#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace slotway::routing {

/// Members of a set in any order, each once. The texts belong to someone else.
using Members = std::vector<std::string_view>;

// What SUNION, SINTER and SDIFF make of sets, for sets that lie on several nodes.

[[nodiscard]] Members unite(std::span<const Members> sets);
/// REQUIRES: !sets.empty().
[[nodiscard]] Members intersect(std::span<const Members> sets);
/// The first without all that the others have. REQUIRES: !sets.empty().
[[nodiscard]] Members subtract(std::span<const Members> sets);

}  // namespace slotway::routing
