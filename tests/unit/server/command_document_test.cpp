#include "support/command_document.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "command/differences.h"
#include "command/error_texts.h"
#include "support/repository.h"

using slotway::test::CommandOutcome;
using slotway::test::Outcome;

namespace slotway {

namespace {

const std::vector<CommandOutcome>& outcomes() {
  static const auto kOutcomes = test::command_outcomes(*command::CommandTable::built_in());
  return kOutcomes;
}

const CommandOutcome& outcome_of(const std::string& name) {
  const auto found = std::ranges::find(outcomes(), name, &CommandOutcome::name);
  REQUIRE_MESSAGE(found != outcomes().end(), name);
  return *found;
}

}  // namespace

TEST_CASE("each command has one outcome, and who does not simply work says why") {
  std::set<std::string> names;
  for (const CommandOutcome& command : outcomes()) {
    CAPTURE(command.name);
    CHECK(names.insert(command.name).second);
    CHECK((command.outcome == Outcome::works || command.explanation.size() > 5));
    CHECK(command.explanation.find_first_of("|\n") == std::string::npos);
    CHECK_FALSE(command.explanation.ends_with('.'));
    // A command of the table that nobody has bound a handler to.
    CHECK_FALSE(command.explanation.starts_with("not supported"));
  }
  // All that is missing are containers, whose subcommands are there.
  for (const command::Command& command : command::CommandTable::built_in()->commands()) {
    CAPTURE(command.name);
    const bool is_there = names.contains(command::display_name(command));
    CHECK((is_there || !command.subcommands.empty()));
  }
}

TEST_CASE("outcomes are those of the code") {
  CHECK(outcome_of("GET").outcome == Outcome::works);
  CHECK(outcome_of("GET").explanation.empty());
  CHECK(outcome_of("RENAME").explanation == "keys of several slots are refused with CROSSSLOT");
  CHECK(outcome_of("MGET").outcome == Outcome::works_differently);
  CHECK(outcome_of("SUNION").explanation.starts_with("over several slots"));
  CHECK(outcome_of("FLUSHALL").explanation.starts_with("goes to all shards"));
  CHECK(outcome_of("SHUTDOWN").outcome == Outcome::refused);
  CHECK(outcome_of("SHUTDOWN").explanation.starts_with("it would stop a node"));
  CHECK(outcome_of("CLUSTER NODES").outcome == Outcome::works);
  CHECK(outcome_of("PUBSUB HELP").explanation.empty());
  CHECK(outcome_of("HTTL").is_newer);
  CHECK_FALSE(outcome_of("DEBUG OBJECT").is_newer);
}

TEST_CASE("each remark is about a command, and of one that is not refused") {
  const auto table = command::CommandTable::built_in();
  std::set<const command::Remark*> found;
  for (const command::Command& command : table->commands()) {
    const auto* remark = command::find_remark(command.name);
    if (remark == nullptr) continue;
    found.insert(remark);
    CAPTURE(command.name);
    CHECK((command.route != command::Route::refused || remark->name.ends_with("|*")));
  }
  CHECK(found.size() == command::remarks().size());
}

TEST_CASE("proxy/COMMANDS.md is up to date") {
  std::ifstream file(test::repository() / "proxy" / "COMMANDS.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const bool is_up_to_date = text == test::command_document(outcomes());
  CHECK_MESSAGE(is_up_to_date, "run scripts/generate-commands --document");
}

}  // namespace slotway
