#include "command/key_extractor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>

#include "command/command_facts.h"
#include "command/command_table.h"
#include "unit/command/recording.h"
#include "unit/command/request.h"

namespace slotway::command {

namespace {

using Positions = std::vector<std::uint32_t>;

struct Extracted {
  KeyResult result;
  Positions positions;
  bool operator==(const Extracted&) const = default;
};

Extracted extract(const Command& command, const test::Request& request) {
  Extracted extracted{KeyResult::unknown, {77}};
  extracted.result = extract_keys(command, request.view(), extracted.positions);
  return extracted;
}

Extracted extract(std::string_view line) {
  const test::Request request = test::request_of(line);
  const Command* command = CommandTable::built_in()->resolve(request.view());
  REQUIRE_MESSAGE(command != nullptr, line);
  return extract(*command, request);
}

Extracted found(Positions positions) { return {KeyResult::found, std::move(positions)}; }

/// A command of a server to come, made of nothing but key specifications.
Command command_with(std::vector<KeySpec> specs, std::uint32_t flags = 0) {
  Command command;
  command.name = "new";
  command.arity = -1;
  command.flags = flags;
  command.key_specs = std::move(specs);
  return command;
}

Positions parse_positions(std::string_view text) {
  Positions positions;
  while (!text.empty()) {
    std::uint32_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    REQUIRE(error == std::errc{});
    positions.push_back(position);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return positions;
}

std::string joined(const Positions& positions) {
  std::string text;
  for (const auto position : positions)
    text += (text.empty() ? "" : ",") + std::to_string(position);
  return text;
}

}  // namespace

TEST_CASE("keys are found where redis-server finds them") {
  for (const auto& [answer, line] : test::read_recording("keys.txt")) {
    CAPTURE(line);
    const Extracted extracted = extract(line);
    if (answer == "none") {
      CHECK(extracted.result != KeyResult::found);
      CHECK(extracted.result != KeyResult::unknown);
      CHECK(extracted.positions.empty());
    } else {
      CHECK(extracted.result == KeyResult::found);
      CHECK(joined(extracted.positions) == joined(parse_positions(answer)));
    }
  }
}

TEST_CASE("each built-in command with keys has a recorded request") {
  std::vector<const Command*> recorded;
  for (const auto& [answer, line] : test::read_recording("keys.txt")) {
    recorded.push_back(CommandTable::built_in()->resolve(test::request_of(line).view()));
  }
  for (const Command& command : CommandTable::built_in()->commands()) {
    // Servers newer than the recorded one are not in it, nor commands whose keys are only channels.
    const bool is_newer = std::ranges::any_of(
        newer_facts(), [&](const CommandFacts& row) { return row.name == command.name; });
    if (command.key_specs.empty() || command.key_specs.front().not_key || is_newer) continue;
    CAPTURE(command.name);
    CHECK(std::ranges::find(recorded, &command) != recorded.end());
  }
}

TEST_CASE("PFMERGE with nothing to merge still routes by its destination") {
  // redis-server 7.0 gives up on the empty rest and finds no key at all, although it writes one.
  CHECK(extract("PFMERGE d") == found({1}));
}

TEST_CASE("shard channels route like keys") {
  CHECK(extract("SPUBLISH c m") == found({1}));
  CHECK(extract("SSUBSCRIBE a b c") == found({1, 2, 3}));
  CHECK(extract("CLUSTERSCAN 0") == found({1}));
}

TEST_CASE("keys of newer servers' commands are found") {
  CHECK(extract("MSETEX 2 a 1 b 2 NX EX 10") == found({2, 4}));
  CHECK(extract("MSETEX 3 a 1 b 2").result == KeyResult::invalid_arguments);
  CHECK(extract("LMOVEM a b LEFT RIGHT") == found({1, 2}));
  CHECK(extract("SUNIONCARD 2 a b LIMIT 3") == found({2, 3}));
  CHECK(extract("HGETEX k EX 10 FIELDS 1 f") == found({1}));
  CHECK(extract("DEBUG OBJECT k") == found({2}));
}

TEST_CASE("a script without keys may run on any shard") {
  CHECK(extract("EVAL return{} 0") == Extracted{KeyResult::no_keys, {}});
  CHECK(extract("FCALL f 0 argument") == Extracted{KeyResult::no_keys, {}});
}

TEST_CASE("a count of keys must be a number that the command can take") {
  for (const char* count : {"x", "-1", "1x", "01", "+1", "\\x20", "99999999999999999999", "1.0"}) {
    CAPTURE(count);
    CHECK(extract(std::string("EVAL s ") + count + " k") ==
          Extracted{KeyResult::invalid_numkeys, {}});
  }
  CHECK(extract("ZUNION 0 k").result == KeyResult::invalid_numkeys);
  CHECK(extract("EVAL s 2 k").result == KeyResult::invalid_arguments);
  CHECK(extract("EVAL s 9223372036854775807 k").result == KeyResult::invalid_arguments);
  CHECK(extract("ZUNIONSTORE d 3 a b") == Extracted{KeyResult::invalid_arguments, {}});
}

TEST_CASE("the positions given are overwritten and keep their memory") {
  Positions positions(100, 5);
  const auto* memory = positions.data();
  const test::Request request{"mget", "a", "b"};
  const Command& mget = *CommandTable::built_in()->find("mget");
  CHECK(extract_keys(mget, request.view(), positions) == KeyResult::found);
  CHECK(positions == Positions{1, 2});
  CHECK(positions.data() == memory);
}

TEST_CASE("a keyword is searched from its start to the last argument but one") {
  const Command command = command_with({{BeginKeyword{"KEY", 2}, FindRange{0, 1, 0}}});
  CHECK(extract(command, {"new", "key", "a", "key", "b"}) == found({4}));
  CHECK(extract(command, {"new", "x", "KEY", "b"}) == found({3}));
  CHECK(extract(command, {"new", "x", "y", "key"}) == Extracted{KeyResult::no_keys, {}});
  CHECK(extract(command, {"new"}) == Extracted{KeyResult::no_keys, {}});
}

TEST_CASE("a keyword with a negative start is searched backwards") {
  const Command command = command_with({{BeginKeyword{"KEY", -2}, FindRange{-1, 1, 0}}});
  CHECK(extract(command, {"new", "x", "key", "a", "key", "b"}) == found({5}));
  CHECK(extract(command, {"new", "x", "key", "a", "b"}) == found({3, 4}));
  CHECK(extract(command, {"new", "key", "a"}) == Extracted{KeyResult::no_keys, {}});
}

TEST_CASE("a limited range takes its share of what remains") {
  const Command half = command_with({{BeginIndex{1}, FindRange{-1, 1, 2}}});
  CHECK(extract(half, {"new", "a", "b", "1", "2"}) == found({1, 2}));
  const Command third = command_with({{BeginIndex{1}, FindRange{-1, 1, 3}}});
  CHECK(extract(third, {"new", "a", "b", "1", "2", "x", "y"}) == found({1, 2}));
}

TEST_CASE("facts that say nothing about the keys are admitted to say nothing") {
  const Command unknown = command_with({{BeginUnknown{}, FindUnknown{}}});
  CHECK(extract(unknown, {"new", "a"}) == Extracted{KeyResult::unknown, {}});
  const Command half_known = command_with(
      {{BeginIndex{1}, FindRange{0, 1, 0}}, {BeginUnknown{}, FindUnknown{}, false, false, true}});
  CHECK(extract(half_known, {"new", "a", "b"}) == found({1}));
}

TEST_CASE("a server's nonsense never leads outside the request") {
  const std::vector<KeySpec> specs = {
      {BeginIndex{0}, FindRange{0, 1, 0}},        {BeginIndex{5}, FindRange{0, 1, 0}},
      {BeginIndex{1}, FindRange{0, 0, 0}},        {BeginIndex{1}, FindRange{-9, 1, 0}},
      {BeginIndex{1}, FindRange{9, 1, 0}},        {BeginIndex{2}, FindKeynum{9, 0, 1}},
      {BeginIndex{1}, FindKeynum{0, 9, 1}},       {BeginIndex{1}, FindKeynum{0, 1, 0}},
      {BeginIndex{1}, FindKeynum{0, 1, 1 << 20}}, {BeginKeyword{"2", 1}, FindRange{5, 1, 0}},
  };
  for (const KeySpec& spec : specs) {
    const Extracted extracted = extract(command_with({spec}), {"new", "2", "a"});
    CHECK(extracted.result == KeyResult::invalid_arguments);
    CHECK(extracted.positions.empty());
  }
}

TEST_CASE("patterns of SORT that read other keys are pointed out") {
  Positions positions{7};
  const auto patterns = [&](std::string_view line) {
    const test::Request request = test::request_of(line);
    find_sort_patterns(request.view(), positions);
    return positions;
  };
  CHECK(patterns("SORT k BY w_* GET # GET d_* LIMIT 0 5") == Positions{3, 7});
  CHECK(patterns("SORT k BY nosort GET #") == Positions{});
  CHECK(patterns("SORT k STORE by") == Positions{});
  CHECK(patterns("SORT k GET") == Positions{});
}

}  // namespace slotway::command
