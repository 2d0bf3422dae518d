#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace slotway::routing {

struct ScoredMember {
  std::string_view member;
  double score = 0;

  friend bool operator==(const ScoredMember&, const ScoredMember&) = default;
};

/// A sorted set, or a set whose members all have the score 1, as one input of ZUNION and its kin.
struct WeightedSet {
  std::vector<ScoredMember> members;  ///< each once
  double weight = 1;
};

/// AGGREGATE: what becomes of the scores a member has in several inputs.
enum class Aggregate : std::uint8_t { sum, minimum, maximum };

// What ZUNION and ZINTER make of sorted sets that lie on several nodes, to the last bit of each
// score: sums depend on their order, so they are taken from the smallest input to the largest, as
// redis-server does (zunionInterDiffGenericCommand in t_zset.c). The results are in the order of a
// sorted set.

[[nodiscard]] std::vector<ScoredMember> unite(std::span<const WeightedSet> sets,
                                              Aggregate aggregate);
/// REQUIRES: !sets.empty().
[[nodiscard]] std::vector<ScoredMember> intersect(std::span<const WeightedSet> sets,
                                                  Aggregate aggregate);

}  // namespace slotway::routing
