#include "routing/sorted_set_algebra.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using slotway::routing::Aggregate;
using slotway::routing::ScoredMember;
using slotway::routing::WeightedSet;

namespace {

using Result = std::vector<ScoredMember>;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("scores are added, or the smaller or larger one is taken") {
  const std::vector<WeightedSet> sets = {{.members = {{"a", 1}, {"b", 2}}},
                                         {.members = {{"b", 5}, {"c", 0}}}};
  CHECK(unite(sets, Aggregate::sum) == Result{{"c", 0}, {"a", 1}, {"b", 7}});
  CHECK(unite(sets, Aggregate::minimum) == Result{{"c", 0}, {"a", 1}, {"b", 2}});
  CHECK(unite(sets, Aggregate::maximum) == Result{{"c", 0}, {"a", 1}, {"b", 5}});
  CHECK(intersect(sets, Aggregate::sum) == Result{{"b", 7}});
  CHECK(intersect(sets, Aggregate::minimum) == Result{{"b", 2}});
}

TEST_CASE("weights multiply the scores before they are combined") {
  const std::vector<WeightedSet> sets = {{.members = {{"a", 1}, {"b", 2}}, .weight = 10},
                                         {.members = {{"b", 5}}, .weight = -1}};
  CHECK(unite(sets, Aggregate::sum) == Result{{"a", 10}, {"b", 15}});
  CHECK(intersect(sets, Aggregate::maximum) == Result{{"b", 20}});
}

TEST_CASE("members with equal scores are ordered by their bytes") {
  const std::vector<WeightedSet> sets = {{.members = {{"b", 1}, {"\xff", 1}}},
                                         {.members = {{"B", 1}, {"a", 1}, {"", 1}}}};
  CHECK(unite(sets, Aggregate::sum) == Result{{"", 1}, {"B", 1}, {"a", 1}, {"b", 1}, {"\xff", 1}});
}

TEST_CASE("sums are taken from the smallest input to the largest, as a server does") {
  // (1e16 + 1) + 1 loses both ones, (1 + 1) + 1e16 keeps them.
  const std::vector<WeightedSet> sets = {
      {.members = {{"x", 1e16}, {"y", 0}, {"z", 0}}},
      {.members = {{"x", 1}}},
      {.members = {{"x", 1}, {"y", 0}}},
  };
  CHECK(unite(sets, Aggregate::sum).back() == ScoredMember{"x", 1e16 + 2});
  CHECK(intersect(sets, Aggregate::sum) == Result{{"x", 1e16 + 2}});
}

TEST_CASE("what is no number becomes zero") {
  const std::vector<WeightedSet> opposite = {{.members = {{"a", kInfinity}}},
                                             {.members = {{"a", -kInfinity}}}};
  CHECK(unite(opposite, Aggregate::sum) == Result{{"a", 0}});
  CHECK(intersect(opposite, Aggregate::sum) == Result{{"a", 0}});
  const std::vector<WeightedSet> times_zero = {{.members = {{"a", kInfinity}}, .weight = 0},
                                               {.members = {{"a", 3}}}};
  CHECK(unite(times_zero, Aggregate::sum) == Result{{"a", 3}});
  CHECK(intersect(times_zero, Aggregate::minimum) == Result{{"a", 0}});
}

TEST_CASE("an empty input leaves a union as it is and an intersection empty") {
  const std::vector<WeightedSet> sets = {{.members = {{"a", 1}}}, {}};
  CHECK(unite(sets, Aggregate::sum) == Result{{"a", 1}});
  CHECK(intersect(sets, Aggregate::sum).empty());
  CHECK(unite(std::vector<WeightedSet>{}, Aggregate::sum).empty());
}

TEST_CASE("an input met with itself counts twice") {
  const WeightedSet set{.members = {{"a", 1}, {"b", 2}}};
  const std::vector<WeightedSet> sets = {set, set};
  CHECK(unite(sets, Aggregate::sum) == Result{{"a", 2}, {"b", 4}});
  CHECK(intersect(sets, Aggregate::sum) == Result{{"a", 2}, {"b", 4}});
}
