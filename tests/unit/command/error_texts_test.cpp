#include "command/error_texts.h"

#include <doctest/doctest.h>

#include "unit/command/recording.h"
#include "unit/command/request.h"

namespace slotway::command {

namespace {

const CommandTable& table() { return *CommandTable::built_in(); }

/// The error a request gets before anyone looks at its arguments.
std::string error_for(const resp::RequestView& request) {
  const Command* command = table().resolve(request);
  if (command == nullptr) return unknown_command_error(table(), request);
  REQUIRE_FALSE(command->accepts_arity(request.size()));
  return wrong_arity_error(*command);
}

}  // namespace

TEST_CASE("errors about commands are redis-server's own words") {
  for (const auto& [answer, line] : test::read_recording("errors.txt")) {
    CAPTURE(line);
    CHECK(error_for(test::request_of(line).view()) == answer);
  }
}

TEST_CASE("an endless unknown command is echoed in part") {
  const std::string name(100000, 'n');
  const std::string argument(100000, 'a');
  const test::Request request{name, argument, argument};
  const std::string error = error_for(request.view());
  CHECK(error == "ERR unknown command '" + name.substr(0, 128) + "', with args beginning with: '" +
                     argument.substr(0, 128) + "' ");
}

TEST_CASE("a refusal says what and why") {
  const Command& shutdown = *table().find("shutdown");
  CHECK(refused_error(shutdown) ==
        "ERR slotway: SHUTDOWN is refused: it would stop a node of the cluster behind this proxy; "
        "run it on the node itself");
  const Command& set_slot = *table().find_subcommand(*table().find("cluster"), "setslot");
  CHECK(refused_error(set_slot).starts_with("ERR slotway: CLUSTER SETSLOT is refused: "));
}

}  // namespace slotway::command
