#include "server/monitor_line.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "command/command_table.h"
#include "resp/request_parser.h"

using namespace slotway;
using namespace std::chrono_literals;

namespace {

std::string request_of(const std::vector<std::string>& arguments) {
  std::string request = "*" + std::to_string(arguments.size()) + "\r\n";
  for (const std::string& argument : arguments) {
    request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
  }
  return request;
}

// What stands behind the address.
std::string line_of(const std::vector<std::string>& arguments) {
  const auto table = command::CommandTable::built_in();
  const std::string request = request_of(arguments);
  resp::RequestParser parser;
  REQUIRE(parser.parse(request, {}) == resp::ParseStatus::complete);
  const resp::RequestView view = parser.request();
  const command::Command* known = table->resolve(view);
  REQUIRE(known != nullptr);
  std::string line;
  server::append_monitor_line(line, std::chrono::system_clock::time_point(1'700'000'000'000'042us),
                              "127.0.0.1:5", *known, view);
  const std::string start = "+1700000000.000042 [0 127.0.0.1:5] ";
  REQUIRE(line.starts_with(start));
  REQUIRE(line.ends_with("\r\n"));
  return line.substr(start.size(), line.size() - start.size() - 2);
}

const command::Command& command_named(const command::CommandTable& table, std::string_view name) {
  for (const command::Command& command : table.commands()) {
    if (command.name == name) return command;
  }
  FAIL("no such command");
  return table.commands().front();
}

}  // namespace

TEST_CASE("arguments are quoted, and what cannot be printed is escaped") {
  CHECK(line_of({"SET", "a b", "\"\\\n\r\t\a\b"}) == R"x("SET" "a b" "\"\\\n\r\t\a\b")x");
  CHECK(line_of({"get", std::string("\0\x7f\xff~ ", 5)}) == R"x("get" "\x00\x7f\xff~ ")x");
  CHECK(line_of({"GET", ""}) == R"x("GET" "")x");
}

TEST_CASE("passwords are redacted wherever they stand") {
  CHECK(line_of({"AUTH", "p"}) == R"x("AUTH" "(redacted)")x");
  CHECK(line_of({"auth", "u", "p"}) == R"x("auth" "(redacted)" "(redacted)")x");
  CHECK(line_of({"HELLO", "3", "Auth", "u", "p", "SETNAME", "n"}) ==
        R"x("HELLO" "3" "Auth" "(redacted)" "(redacted)" "SETNAME" "n")x");
  CHECK(line_of({"MIGRATE", "h", "1", "k", "0", "5", "AUTH", "p", "KEYS"}) ==
        R"x("MIGRATE" "h" "1" "k" "0" "5" "AUTH" "(redacted)" "KEYS")x");
  CHECK(line_of({"MIGRATE", "h", "1", "k", "0", "5", "AUTH2", "u", "p"}) ==
        R"x("MIGRATE" "h" "1" "k" "0" "5" "AUTH2" "(redacted)" "(redacted)")x");
  CHECK(line_of({"SET", "auth", "p"}) == R"x("SET" "auth" "p")x");
}

TEST_CASE("what would make a line too long is named by its size") {
  const std::string size = std::to_string(server::kMostShownBytes);
  CHECK(line_of({"SET", "k", std::string(server::kMostShownBytes, 'x')}) ==
        R"x("SET" "k" "()x" + size + R"x( bytes)")x");
  CHECK(line_of({"SET", "k", std::string(server::kMostShownBytes - 10, 'x')}).ends_with("xx\""));
}

TEST_CASE("commands of administrators are not shown, scripts are") {
  const auto table = command::CommandTable::built_in();
  for (const char* name : {"config|set", "acl|setuser", "monitor", "debug", "client|list"}) {
    CHECK_FALSE(server::is_shown_to_monitors(command_named(*table, name)));
  }
  for (const char* name : {"get", "eval", "evalsha", "fcall", "auth", "hello", "multi", "exec"}) {
    CHECK(server::is_shown_to_monitors(command_named(*table, name)));
  }
}
