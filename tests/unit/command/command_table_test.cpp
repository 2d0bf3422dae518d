#include "command/command_table.h"

#include <doctest/doctest.h>

#include <set>

#include "command/command_facts.h"
#include "unit/command/request.h"

namespace slotway::command {

namespace {

const CommandTable& table() { return *CommandTable::built_in(); }

const Command& known(std::string_view name) {
  const std::size_t bar = name.find('|');
  const Command* command = table().find(name.substr(0, bar));
  REQUIRE_MESSAGE(command != nullptr, name);
  if (bar == std::string_view::npos) return *command;
  const Command* subcommand = table().find_subcommand(*command, name.substr(bar + 1));
  REQUIRE_MESSAGE(subcommand != nullptr, name);
  return *subcommand;
}

}  // namespace

TEST_CASE("the built-in table knows each row once, under an id that is its place") {
  std::set<std::string_view> names;
  for (const Command& command : table().commands()) {
    CAPTURE(command.name);
    CHECK(names.insert(command.name).second);
    CHECK(&table().at(command.id) == &command);
    CHECK(&known(command.name) == &command);
    CHECK(command.arity != 0);
  }
  CHECK(table().size() == server_facts().size() + newer_facts().size());
  CHECK(table().size() > 400);
}

TEST_CASE("the built-in table is made once") {
  CHECK(CommandTable::built_in() == CommandTable::built_in());
}

TEST_CASE("facts of GET are those of the server") {
  const Command& get = known("get");
  CHECK(get.name == "get");
  CHECK(get.arity == 2);
  CHECK(get.has(Flag::readonly));
  CHECK(get.has(Flag::fast));
  CHECK_FALSE(get.has(Flag::write));
  CHECK(get.single_key == 1);
  CHECK(get.accepts_arity(2));
  CHECK_FALSE(get.accepts_arity(1));
  CHECK_FALSE(get.accepts_arity(3));
}

TEST_CASE("a negative arity means at least so many arguments") {
  CHECK(known("mget").accepts_arity(2));
  CHECK(known("mget").accepts_arity(1000));
  CHECK_FALSE(known("mget").accepts_arity(1));
}

TEST_CASE("key specifications tell what is written and what is no key") {
  CHECK(known("set").key_specs.at(0).writes);
  CHECK_FALSE(known("get").key_specs.at(0).writes);
  CHECK(known("del").key_specs.at(0).writes);
  CHECK(known("spublish").key_specs.at(0).not_key);
  CHECK(known("migrate").key_specs.at(1).incomplete);
  const auto& streams = std::get<BeginKeyword>(known("xreadgroup").key_specs.at(0).begin);
  CHECK(streams.keyword == "STREAMS");
  CHECK(streams.start_from == 4);
  CHECK(std::get<FindRange>(known("xread").key_specs.at(0).find).limit == 2);
  CHECK(std::get<FindKeynum>(known("msetex").key_specs.at(0).find).step == 2);
}

TEST_CASE("only commands with exactly one key in a fixed place have a single key") {
  CHECK(known("object|encoding").single_key == 2);
  CHECK(known("xgroup|create").single_key == 2);
  CHECK(known("hgetex").single_key == 1);
  for (const char* name : {"mget", "mset", "rename", "sort", "sort_ro", "georadius", "eval",
                           "xread", "ping", "migrate", "lcs", "bitop"}) {
    CAPTURE(name);
    CHECK(known(name).single_key == 0);
  }
}

TEST_CASE("a single key is an argument that the arity guarantees") {
  for (const Command& command : table().commands()) {
    if (command.single_key == 0) continue;
    CAPTURE(command.name);
    CHECK_FALSE(command.accepts_arity(command.single_key));
  }
}

TEST_CASE("subcommands are found in their container, without regard to case") {
  const Command& config = known("config");
  CHECK(table().find_subcommand(config, "GET") == &known("config|get"));
  CHECK(table().find_subcommand(config, "Get") == &known("config|get"));
  CHECK(table().find_subcommand(config, "gett") == nullptr);
  CHECK(table().find_subcommand(config, "") == nullptr);
  CHECK(table().find_subcommand(known("get"), "get") == nullptr);
  CHECK(table().find("config|get") == nullptr);
}

TEST_CASE("a request resolves to its command or its subcommand") {
  const auto resolve = [](const test::Request& request) { return table().resolve(request.view()); };
  CHECK(resolve({"GET", "k"}) == &known("get"));
  CHECK(resolve({"config", "SET", "a", "b"}) == &known("config|set"));
  CHECK(resolve({"config"}) == &known("config"));
  CHECK(resolve({"command"}) == &known("command"));
  CHECK(resolve({"config", "nosuch"}) == nullptr);
  CHECK(resolve({"nosuch", "get"}) == nullptr);
  CHECK(resolve({""}) == nullptr);
}

TEST_CASE("of a refused container only its listed subcommands are let through") {
  const auto resolve = [](const test::Request& request) { return table().resolve(request.view()); };
  CHECK(resolve({"DEBUG", "object", "k"}) == &known("debug|object"));
  CHECK(resolve({"DEBUG", "SLEEP", "10"}) == &known("debug"));
  CHECK(known("debug").route == Route::refused);
}

}  // namespace slotway::command
