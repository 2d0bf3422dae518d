#include "routing/set_algebra.h"

#include <doctest/doctest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "routing/member_table.h"

using slotway::routing::intersect;
using slotway::routing::Members;
using slotway::routing::MemberTable;
using slotway::routing::subtract;
using slotway::routing::unite;

namespace {

using Model = std::set<std::string_view>;

Model as_model(const Members& members) {
  Model model(members.begin(), members.end());
  REQUIRE(model.size() == members.size());  // each once
  return model;
}

}  // namespace

TEST_CASE("a table numbers members in the order of their first appearance") {
  MemberTable table;
  CHECK(table.add("b").number == 0);
  CHECK(table.add("a").number == 1);
  CHECK(table.add("").number == 2);
  const auto again = table.add("b");
  CHECK(again.number == 0);
  CHECK_FALSE(again.is_new);
  CHECK(table.find("") == 2);
  CHECK(table.find("c") == MemberTable::kNone);
  CHECK(table.members() == std::vector<std::string_view>{"b", "a", ""});
}

TEST_CASE("a table finds everything again after it has grown, whatever the lengths") {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 5000; ++i) {
    texts.push_back(std::string(i % 40, static_cast<char>(i % 3)) + std::to_string(i));
  }
  MemberTable table;
  for (const std::string& text : texts) CHECK(table.add(text).is_new);
  for (std::uint32_t i = 0; i < texts.size(); ++i) REQUIRE(table.find(texts[i]) == i);
}

TEST_CASE("union, intersection and difference are those of sets") {
  const std::vector<Members> sets = {{"a", "b", "c", "d"}, {"c"}, {"a", "c", "e"}};
  CHECK(as_model(unite(sets)) == Model{"a", "b", "c", "d", "e"});
  CHECK(as_model(intersect(sets)) == Model{"c"});
  CHECK(as_model(subtract(sets)) == Model{"b", "d"});
}

TEST_CASE("empty sets and a set met with itself are no special cases") {
  const Members some{"a", "b"};
  const std::vector<Members> with_empty = {some, {}};
  CHECK(as_model(unite(with_empty)) == Model{"a", "b"});
  CHECK(intersect(with_empty).empty());
  CHECK(as_model(subtract(with_empty)) == Model{"a", "b"});
  const std::vector<Members> twice = {some, some};
  CHECK(as_model(intersect(twice)) == Model{"a", "b"});
  CHECK(subtract(twice).empty());
  const std::vector<Members> alone = {some};
  CHECK(as_model(intersect(alone)) == Model{"a", "b"});
  CHECK(as_model(subtract(alone)) == Model{"a", "b"});
}

TEST_CASE("random sets give what a plain calculation gives") {
  std::mt19937 random(20240229);
  std::vector<std::string> universe;
  for (int i = 0; i < 300; ++i) universe.push_back(std::to_string(i * i * 7919));
  for (int round = 0; round < 200; ++round) {
    std::vector<Members> sets(1 + random() % 5);
    std::vector<Model> models(sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
      for (std::size_t n = random() % 250; n > 0; --n) {
        const std::string_view member = universe[random() % universe.size()];
        if (models[i].insert(member).second) sets[i].push_back(member);
      }
    }
    Model all;
    Model common;
    Model rest;
    for (const Model& model : models) all.insert(model.begin(), model.end());
    for (const std::string_view member : all) {
      std::size_t count = 0;
      for (const Model& model : models) count += model.count(member);
      if (count == models.size()) common.insert(member);
      if (count == 1 && models[0].count(member) == 1) rest.insert(member);
    }
    CHECK(as_model(unite(sets)) == all);
    CHECK(as_model(intersect(sets)) == common);
    CHECK(as_model(subtract(sets)) == rest);
  }
}
