#include "routing/split_plan.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "unit/routing/parsed_request.h"

using slotway::cluster::slot_of;
using slotway::routing::append_part;
using slotway::routing::ParsedRequest;
using slotway::routing::part_size;
using slotway::routing::SplitGroup;
using slotway::routing::SplitPlan;
using slotway::routing::Splitter;
using namespace std::string_literals;

namespace {

using Strings = std::vector<std::string>;

/// The parts a plan would send, each in its own string.
Strings parts_of(Splitter& splitter, const ParsedRequest& request, std::uint32_t per_key) {
  const std::vector<std::uint32_t> positions = request.key_positions(per_key);
  const SplitPlan& plan = splitter.plan(request.view(), positions, per_key);
  Strings parts;
  for (const SplitGroup& group : plan.groups()) {
    std::string part = "before";
    append_part(part, request.view(), plan, group);
    REQUIRE(part.size() == 6 + part_size(request.view(), plan, group));
    parts.push_back(part.substr(6));
  }
  return parts;
}

/// The same by another way: groups found with a map, parts encoded anew.
Strings expected_parts(const Strings& arguments, std::size_t per_key) {
  std::vector<Strings> groups;
  std::map<int, std::size_t> group_of_slot;
  for (std::size_t at = 1; at < arguments.size(); at += per_key) {
    const int slot = slot_of(arguments[at]).value();
    const auto [found, is_new] = group_of_slot.emplace(slot, groups.size());
    if (is_new) groups.push_back({arguments[0]});
    for (std::size_t offset = 0; offset < per_key; ++offset) {
      groups[found->second].push_back(arguments[at + offset]);
    }
  }
  Strings parts;
  for (const Strings& group : groups) parts.push_back(ParsedRequest(group).bytes());
  return parts;
}

std::string random_key(std::mt19937& random) {
  std::string key(random() % 20, '\0');
  for (char& byte : key) byte = static_cast<char>(random());
  return key;
}

}  // namespace

TEST_CASE("keys are grouped by slot in the order in which the slots first appear") {
  const ParsedRequest request({"MGET", "a{2}", "b{1}", "c{2}", "d{3}", "e{1}"});
  const std::vector<std::uint32_t> positions = request.key_positions(1);
  Splitter splitter;
  const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
  REQUIRE(plan.groups().size() == 3);
  CHECK(plan.keys() == 5);
  CHECK(plan.groups()[0].slot == slot_of("2"));
  CHECK(plan.groups()[1].slot == slot_of("1"));
  CHECK(plan.groups()[2].slot == slot_of("3"));
  const auto ordinals = [&](std::size_t group) {
    const auto view = plan.ordinals(plan.groups()[group]);
    return std::vector<std::uint32_t>(view.begin(), view.end());
  };
  CHECK(ordinals(0) == std::vector<std::uint32_t>{0, 2});
  CHECK(ordinals(1) == std::vector<std::uint32_t>{1, 4});
  CHECK(ordinals(2) == std::vector<std::uint32_t>{3});
}

TEST_CASE("parts carry the command's name as the client spelled it") {
  Splitter splitter;
  const ParsedRequest request({"mGeT", "a{2}", "b{1}", "c{2}"});
  CHECK(parts_of(splitter, request, 1) ==
        Strings{"*3\r\n$4\r\nmGeT\r\n$4\r\na{2}\r\n$4\r\nc{2}\r\n",
                "*2\r\n$4\r\nmGeT\r\n$4\r\nb{1}\r\n"});
}

TEST_CASE("values stay with their keys") {
  Splitter splitter;
  const ParsedRequest request({"MSET", "a{2}", "1", "b{1}", "", "c{2}", "x\r\n$9\r\n"});
  CHECK(parts_of(splitter, request, 2) ==
        Strings{"*5\r\n$4\r\nMSET\r\n$4\r\na{2}\r\n$1\r\n1\r\n$4\r\nc{2}\r\n$7\r\nx\r\n$9\r\n\r\n",
                "*3\r\n$4\r\nMSET\r\n$4\r\nb{1}\r\n$0\r\n\r\n"});
}

TEST_CASE("duplicates of a key are kept, each in its place") {
  Splitter splitter;
  const ParsedRequest request({"DEL", "k", "other", "k", "k"});
  const Strings parts = parts_of(splitter, request, 1);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0] == ParsedRequest({"DEL", "k", "k", "k"}).bytes());
}

TEST_CASE("the part of a request in one slot is the request itself") {
  Splitter splitter;
  const ParsedRequest request({"MGET", "{t}a", "{t}b"});
  CHECK(parts_of(splitter, request, 1) == Strings{request.bytes()});
}

TEST_CASE("empty and binary keys are keys like others") {
  Splitter splitter;
  const ParsedRequest request({"MGET", "", "a\0b"s, "\r\n", "$3\r\nabc\r\n", ""});
  const Strings arguments{"MGET", "", "a\0b"s, "\r\n", "$3\r\nabc\r\n", ""};
  CHECK(parts_of(splitter, request, 1) == expected_parts(arguments, 1));
}

TEST_CASE("one splitter plans requests of 1 to 10,000 random keys one after the other") {
  std::mt19937 random(5);
  Splitter splitter;
  for (const std::size_t keys : {1U, 2U, 3U, 9U, 10U, 99U, 100U, 10'000U, 1U, 2U, 1'000U, 7U}) {
    for (const std::uint32_t per_key : {1U, 2U}) {
      Strings arguments{per_key == 1 ? "MGET" : "MSET"};
      for (std::size_t key = 0; key < keys; ++key) {
        // Every third key is one of few, so that duplicates and shared slots occur.
        arguments.push_back(key % 3 == 0 ? "{" + std::to_string(random() % 50) + "}x"
                                         : random_key(random));
        if (per_key == 2) arguments.push_back(random_key(random));
      }
      const ParsedRequest request{std::span<const std::string>(arguments)};
      REQUIRE(parts_of(splitter, request, per_key) == expected_parts(arguments, per_key));
    }
  }
}

TEST_CASE("every key of a plan appears exactly once") {
  Strings arguments{"DEL"};
  for (int key = 0; key < 3'000; ++key) arguments.push_back("key:" + std::to_string(key));
  const ParsedRequest request{std::span<const std::string>(arguments)};
  const std::vector<std::uint32_t> positions = request.key_positions(1);
  Splitter splitter;
  const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
  std::vector<int> seen(3'000);
  for (const SplitGroup& group : plan.groups()) {
    for (const std::uint32_t ordinal : plan.ordinals(group)) {
      ++seen[ordinal];
      REQUIRE(slot_of(arguments[ordinal + 1]) == group.slot);
    }
  }
  CHECK(seen == std::vector<int>(3'000, 1));
}
