#include "command/vocabulary.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "command/command_facts.h"

namespace slotway::command {

TEST_CASE("words are separated by single spaces") {
  const auto words_of = [](std::string_view text) {
    std::vector<std::string> words;
    for_each_word(text, [&](std::string_view word) { words.emplace_back(word); });
    return words;
  };
  CHECK(words_of("") == std::vector<std::string>{});
  CHECK(words_of("one") == std::vector<std::string>{"one"});
  CHECK(words_of("one two three") == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("flags and tips set what they name, whatever their case") {
  Command command;
  add_flag(command, "write");
  add_flag(command, "BLOCKING");
  add_tip(command, "REQUEST_POLICY:ALL_SHARDS");
  add_tip(command, "response_policy:agg_logical_and");
  CHECK(command.has(Flag::write));
  CHECK(command.has(Flag::blocking));
  CHECK_FALSE(command.has(Flag::readonly));
  CHECK(command.request_policy == RequestPolicy::all_shards);
  CHECK(command.response_policy == ResponsePolicy::agg_logical_and);
}

TEST_CASE("words of servers to come are passed over") {
  Command command;
  add_flag(command, "telepathic");
  add_tip(command, "nondeterministic_output");
  add_tip(command, "request_policy:all_galaxies");
  add_tip(command, "request_policy");
  add_tip(command, "");
  CHECK(command.flags == 0);
  CHECK(command.request_policy == RequestPolicy::none);
}

TEST_CASE("each flag that a built-in row uses is known or deliberately not") {
  const std::vector<std::string_view> without_meaning = {"skip_slowlog", "no_async_loading"};
  for (const auto rows : {server_facts(), newer_facts()}) {
    for (const CommandFacts& row : rows) {
      for_each_word(row.flags, [&](std::string_view word) {
        CAPTURE(row.name);
        CAPTURE(word);
        Command command;
        add_flag(command, word);
        CHECK((command.flags != 0 ||
               std::ranges::find(without_meaning, word) != without_meaning.end()));
      });
    }
  }
}

}  // namespace slotway::command
