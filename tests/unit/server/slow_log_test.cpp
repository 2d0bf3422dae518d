#include "server/slow_log.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "command/command_table.h"
#include "resp/encoder.h"
#include "resp/request_parser.h"

using slotway::command::CommandTable;
using slotway::resp::append_array_header;
using slotway::resp::append_bulk;
using slotway::resp::RequestParser;
using slotway::server::shown_arguments;
using slotway::server::SlowLog;
using slotway::server::SlowLogEntry;

namespace {

using Words = std::vector<std::string>;

std::string encoded(const Words& words) {
  std::string bytes;
  append_array_header(bytes, words.size());
  for (const std::string& word : words) append_bulk(bytes, word);
  return bytes;
}

/// What the slow log shows of a request.
std::string shown(const Words& request) {
  static const auto kTable = CommandTable::built_in();
  const std::string bytes = encoded(request);
  RequestParser parser;
  static_cast<void>(parser.parse(bytes, {}));
  return shown_arguments(*kTable->resolve(parser.request()), parser.request());
}

Words numbered(std::size_t count) {
  Words words{"RPUSH", "l"};
  while (words.size() < count) words.push_back(std::to_string(words.size()));
  return words;
}

}  // namespace

TEST_CASE("a short request is shown as it is") {
  CHECK(shown({"GET", "k"}) == encoded({"GET", "k"}));
  CHECK(shown({"set", "binary\r\n\xff", ""}) == encoded({"set", "binary\r\n\xff", ""}));
  CHECK(shown({"GET", std::string(128, 'x')}) == encoded({"GET", std::string(128, 'x')}));
}

TEST_CASE("of a long argument the first 128 bytes are shown") {
  CHECK(shown({"GET", std::string(129, 'x')}) ==
        encoded({"GET", std::string(128, 'x') + "... (1 more bytes)"}));
  CHECK(shown({"GET", std::string(5000, 'x')}) ==
        encoded({"GET", std::string(128, 'x') + "... (4872 more bytes)"}));
}

TEST_CASE("32 arguments are shown, of more the first 31") {
  CHECK(shown(numbered(32)) == encoded(numbered(32)));
  Words cut = numbered(31);
  cut.emplace_back("... (2 more arguments)");
  CHECK(shown(numbered(33)) == encoded(cut));
  cut.back() = "... (69 more arguments)";
  CHECK(shown(numbered(100)) == encoded(cut));
}

TEST_CASE("passwords are not shown, whatever command they come with") {
  CHECK(shown({"AUTH", "bob", "secret"}) == encoded({"AUTH", "(redacted)", "(redacted)"}));
  CHECK(shown({"HELLO", "3", "auth", "bob", "secret", "SETNAME", "me"}) ==
        encoded({"HELLO", "3", "auth", "(redacted)", "(redacted)", "SETNAME", "me"}));
  CHECK(shown({"CONFIG", "SET", "maxmemory", "1", "RequirePass", "secret", "save", ""}) ==
        encoded({"CONFIG", "SET", "maxmemory", "1", "RequirePass", "(redacted)", "save", ""}));
  CHECK(shown({"ACL", "SETUSER", "bob", ">secret"}) ==
        encoded({"ACL", "SETUSER", "(redacted)", "(redacted)"}));
  CHECK(shown({"MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "bob", "secret", "COPY"}) ==
        encoded({"MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "(redacted)", "(redacted)", "COPY"}));
  CHECK(shown({"SET", "auth", "shown"}) == encoded({"SET", "auth", "shown"}));
}

TEST_CASE("the log keeps the newest and gives them newest first") {
  SlowLog log;
  for (std::uint64_t id = 0; id < 5; ++id) log.add({.id = id}, 3);
  CHECK(log.size() == 3);
  const auto ids = [&](std::size_t count) {
    std::vector<std::uint64_t> all;
    for (const SlowLogEntry& entry : log.newest(count)) all.push_back(entry.id);
    return all;
  };
  CHECK(ids(10) == std::vector<std::uint64_t>{4, 3, 2});
  CHECK(ids(2) == std::vector<std::uint64_t>{4, 3});
  CHECK(ids(0).empty());
  log.add({.id = 5}, 1);
  CHECK(ids(10) == std::vector<std::uint64_t>{5});
  log.add({.id = 6}, 0);
  CHECK(log.size() == 0);
}
