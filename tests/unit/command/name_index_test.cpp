#include "command/name_index.h"

#include <doctest/doctest.h>

#include <memory>
#include <set>

#include "command/ascii.h"
#include "command/command_facts.h"
#include "command/command_table.h"

namespace slotway::command {

namespace {

std::vector<Command> commands_named(const std::vector<std::string>& names) {
  std::vector<Command> commands(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) commands[i].name = names[i];
  return commands;
}

/// Looks a name up in memory of exactly its size, so that a sanitizer sees any byte read beyond it.
const Command* find_exactly(const NameIndex& index, std::string_view name) {
  const auto bytes = std::make_unique<char[]>(name.size());
  name.copy(bytes.get(), name.size());
  return index.find({bytes.get(), name.size()});
}

std::vector<std::string> top_level_names() {
  std::vector<std::string> names;
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (command.name.find('|') == std::string::npos) names.push_back(command.name);
  }
  return names;
}

}  // namespace

TEST_CASE("each name is found in lower, upper and mixed case") {
  const auto commands = commands_named(top_level_names());
  const NameIndex index(commands);
  for (const Command& command : commands) {
    CAPTURE(command.name);
    std::string mixed = command.name;
    for (std::size_t i = 0; i < mixed.size(); i += 2) mixed[i] = ascii_upper(mixed[i]);
    CHECK(find_exactly(index, command.name) == &command);
    CHECK(find_exactly(index, upper_case(command.name)) == &command);
    CHECK(find_exactly(index, mixed) == &command);
  }
}

TEST_CASE("the perfect hash holds every built-in name of up to 16 bytes") {
  const auto commands = commands_named(top_level_names());
  std::size_t longer = 0;
  for (const Command& command : commands) longer += command.name.size() > 16 ? 1 : 0;
  CHECK(NameIndex(commands).names_in_map() == longer);
}

TEST_CASE("a name that differs in one byte is not found") {
  const auto names = top_level_names();
  const auto commands = commands_named(names);
  const NameIndex index(commands);
  const std::set<std::string> known(names.begin(), names.end());
  const auto check_unknown = [&](const std::string& name) {
    if (known.contains(lower_case(name))) return;
    CAPTURE(name);
    CHECK(find_exactly(index, name) == nullptr);
  };
  for (const std::string& name : names) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = name;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        check_unknown(changed);
      }
      check_unknown(name.substr(0, i));
      check_unknown(name.substr(i + 1));
    }
    for (const char appended : {' ', '\0', 'x', '\r'}) check_unknown(name + appended);
    check_unknown(name + name);
  }
}

TEST_CASE("names whose overlapping words are equal are told apart by their size") {
  const auto commands = commands_named(
      {"aa", "aaa", "aaaa", "aaaaa", "aaaaaa", "aaaaaaa", "aaaaaaaa", "aaaaaaaaaaaaaaaa", "a"});
  const NameIndex index(commands);
  for (const Command& command : commands) CHECK(find_exactly(index, command.name) == &command);
  for (const std::size_t size : {9U, 10U, 11U, 12U, 13U, 14U, 15U, 17U}) {
    CHECK(find_exactly(index, std::string(size, 'a')) == nullptr);
  }
  CHECK(index.find("") == nullptr);
}

TEST_CASE("punctuation is compared as it is, letters without regard to case") {
  const auto commands = commands_named({"eval_ro", "json.get", "restore-asking", "x1"});
  const NameIndex index(commands);
  CHECK(index.find("EVAL_RO") == &commands[0]);
  CHECK(index.find("eval\x7fro") == nullptr);
  CHECK(index.find("Json.Get") == &commands[1]);
  CHECK(index.find("json\x0eget") == nullptr);
  CHECK(index.find("restore\rasking") == nullptr);
  CHECK(index.find("X1") == &commands[3]);
  CHECK(index.find("x\x11") == nullptr);
}

TEST_CASE("a table of more names than the perfect hash can take finds them all the same") {
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) {
    std::string name = "module.";
    for (int rest = i; rest > 0; rest /= 26) name.push_back(static_cast<char>('a' + rest % 26));
    names.push_back(std::move(name));
  }
  const auto commands = commands_named(names);
  const NameIndex index(commands);
  CHECK(index.names_in_map() > 0);
  for (const Command& command : commands) {
    CAPTURE(command.name);
    CHECK(find_exactly(index, upper_case(command.name)) == &command);
  }
}

}  // namespace slotway::command
