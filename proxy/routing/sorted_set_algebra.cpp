#include "routing/sorted_set_algebra.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "routing/member_table.h"

namespace slotway::routing {

namespace {

// Not a number (an infinity times zero, or plus its opposite) counts as zero.
double number_or_zero(double value) noexcept { return std::isnan(value) ? 0 : value; }

double combined(double target, double value, Aggregate aggregate) noexcept {
  switch (aggregate) {
    case Aggregate::sum:
      return number_or_zero(target + value);
    case Aggregate::minimum:
      return value < target ? value : target;
    case Aggregate::maximum:
      return value > target ? value : target;
  }
  return target;
}

std::vector<const WeightedSet*> from_smallest_to_largest(std::span<const WeightedSet> sets) {
  std::vector<const WeightedSet*> ordered;
  ordered.reserve(sets.size());
  for (const WeightedSet& set : sets) ordered.push_back(&set);
  std::ranges::stable_sort(ordered, {}, [](const WeightedSet* set) { return set->members.size(); });
  return ordered;
}

void sort_like_a_sorted_set(std::vector<ScoredMember>& members) {
  std::ranges::sort(members, [](const ScoredMember& a, const ScoredMember& b) {
    return a.score < b.score || (a.score == b.score && a.member < b.member);
  });
}

}  // namespace

std::vector<ScoredMember> unite(std::span<const WeightedSet> sets, Aggregate aggregate) {
  const auto ordered = from_smallest_to_largest(sets);
  MemberTable numbers(ordered.empty() ? 0 : ordered.back()->members.size());
  std::vector<ScoredMember> result;
  for (const WeightedSet* set : ordered) {
    for (const ScoredMember& item : set->members) {
      const double score = number_or_zero(set->weight * item.score);
      const auto [number, is_new] = numbers.add(item.member);
      if (is_new) {
        result.push_back({item.member, score});
      } else {
        result[number].score = combined(result[number].score, score, aggregate);
      }
    }
  }
  sort_like_a_sorted_set(result);
  return result;
}

std::vector<ScoredMember> intersect(std::span<const WeightedSet> sets, Aggregate aggregate) {
  const auto ordered = from_smallest_to_largest(sets);
  const WeightedSet& smallest = *ordered.front();
  struct Candidate {
    double score;
    std::size_t sets_with_it;
  };
  MemberTable numbers(smallest.members.size());
  std::vector<Candidate> candidates;
  candidates.reserve(smallest.members.size());
  for (const ScoredMember& item : smallest.members) {
    numbers.add(item.member);
    candidates.push_back({number_or_zero(smallest.weight * item.score), 1});
  }
  for (std::size_t index = 1; index < ordered.size(); ++index) {
    for (const ScoredMember& item : ordered[index]->members) {
      const std::uint32_t number = numbers.find(item.member);
      if (number == MemberTable::kNone || candidates[number].sets_with_it != index) continue;
      Candidate& candidate = candidates[number];
      // Unlike in a union, a value that is no number is not made zero before it is combined.
      candidate.score = combined(candidate.score, item.score * ordered[index]->weight, aggregate);
      ++candidate.sets_with_it;
    }
  }
  std::vector<ScoredMember> result;
  for (std::size_t number = 0; number < candidates.size(); ++number) {
    if (candidates[number].sets_with_it != ordered.size()) continue;
    result.push_back({numbers.members()[number], candidates[number].score});
  }
  sort_like_a_sorted_set(result);
  return result;
}

}  // namespace slotway::routing
