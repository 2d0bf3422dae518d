#include "command/blocking_timeout.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "command/command_table.h"
#include "unit/command/request.h"

using namespace std::chrono_literals;

namespace slotway::command {

namespace {

const Command& command_of(const test::Request& request) {
  const Command* command = CommandTable::built_in()->resolve(request.view());
  REQUIRE(command != nullptr);
  return *command;
}

std::optional<BlockingTimeout> timeout_in(std::string_view line) {
  const auto request = test::request_of(line);
  return find_blocking_timeout(command_of(request), request.view());
}

std::optional<std::chrono::nanoseconds> time_in(std::string_view line) {
  const auto request = test::request_of(line);
  const auto timeout = find_blocking_timeout(command_of(request), request.view());
  REQUIRE(timeout.has_value());
  return blocking_time(*timeout, request.view());
}

}  // namespace

TEST_CASE("the timeout of each blocking command stands in its own place") {
  struct Row {
    std::string_view line;
    std::size_t argument;
    bool in_seconds;
  };
  for (const Row& row :
       {Row{"BLPOP a b 5", 3, true}, Row{"BRPOP a 5", 2, true},
        Row{"BLMOVE a b LEFT RIGHT 5", 5, true}, Row{"BRPOPLPUSH a b 5", 3, true},
        Row{"BZPOPMIN a b c 5", 4, true}, Row{"BZPOPMAX a 5", 2, true},
        Row{"BLMPOP 5 1 a LEFT COUNT 2", 1, true}, Row{"BZMPOP 5 2 a b MIN", 1, true},
        Row{"BLMOVEM a b LEFT RIGHT 5 COUNT 2 BULK", 5, true},
        Row{"XREAD COUNT 1 BLOCK 5 STREAMS s $", 4, false},
        Row{"XREADGROUP GROUP g c BLOCK 5 STREAMS s >", 5, false}}) {
    CAPTURE(row.line);
    const auto found = timeout_in(row.line);
    REQUIRE(found.has_value());
    CHECK(found->argument == row.argument);
    CHECK(found->in_seconds == row.in_seconds);
  }
}

TEST_CASE("each command that the servers mark as blocking is known, but those that do not wait") {
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (!command.has(Flag::blocking) || command.key_specs.empty()) continue;
    CAPTURE(command.name);
    const bool is_stream = command.name == "xread" || command.name == "xreadgroup";
    const auto request = is_stream ? test::request_of("XREAD BLOCK 0 STREAMS s 0")
                                   : test::request_of("x 0 0 0 0 0 0");
    CHECK(find_blocking_timeout(command, request.view()).has_value());
  }
}

TEST_CASE("without BLOCK, or with nothing behind it, there is no timeout") {
  CHECK_FALSE(timeout_in("XREAD STREAMS s $"));
  CHECK_FALSE(timeout_in("GET key"));
  CHECK_FALSE(timeout_in("BLMOVEM a b LEFT RIGHT"));
}

TEST_CASE("times are read in the unit of their command") {
  CHECK(time_in("BLPOP a 5") == 5s);
  CHECK(time_in("BLPOP a 0.25") == 250ms);
  CHECK(time_in("XREAD BLOCK 250 STREAMS s $") == 250ms);
}

TEST_CASE("for ever, and what is no time, is no time to count down") {
  for (const char* line : {"BLPOP a 0", "BLPOP a -1", "BLPOP a x", "BLPOP a 1x", "BLPOP a nan"}) {
    CAPTURE(line);
    CHECK_FALSE(time_in(line).has_value());
  }
  CHECK(time_in("BLPOP a 1e300") == 1'000'000'000s);
}

TEST_CASE("a time is written in the unit of its command, and never as 0, which is for ever") {
  const BlockingTimeout seconds{1, true};
  const BlockingTimeout milliseconds{1, false};
  CHECK(blocking_time_text(seconds, 1500ms) == "1.500");
  CHECK(blocking_time_text(seconds, 20s) == "20.000");
  CHECK(blocking_time_text(seconds, 7ms) == "0.007");
  CHECK(blocking_time_text(seconds, 0ms) == "0.001");
  CHECK(blocking_time_text(milliseconds, 1500ms) == "1500");
  CHECK(blocking_time_text(milliseconds, 100us) == "1");
  CHECK(blocking_time_text(milliseconds, 0ms) == "1");
}

TEST_CASE("the streams read from their end on are found with their keys") {
  const auto request = test::request_of("XREAD BLOCK 0 STREAMS a b c $ 0 $");
  const auto ends = find_stream_ends(command_of(request), request.view());
  REQUIRE(ends.size() == 2);
  CHECK(request.view()[ends[0].key_argument] == "a");
  CHECK(ends[0].id_argument == 7);
  CHECK(request.view()[ends[1].key_argument] == "c");
  CHECK(ends[1].id_argument == 9);
  const auto group = test::request_of("XREADGROUP GROUP g c STREAMS $ $");
  CHECK(find_stream_ends(command_of(group), group.view()).empty());
  const auto unfinished = test::request_of("XREAD COUNT 1 BLOCK 0");
  CHECK(find_stream_ends(command_of(unfinished), unfinished.view()).empty());
}

TEST_CASE("arguments are replaced by their place, the others stay") {
  const auto request = test::request_of("BLPOP 5 5");
  CHECK(with_replaced(request.view(), {{2, "0.100"}}) ==
        "*3\r\n$5\r\nBLPOP\r\n$1\r\n5\r\n$5\r\n0.100\r\n");
}

}  // namespace slotway::command
