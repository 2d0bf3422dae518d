#include "server/transaction.h"

#include <doctest/doctest.h>

#include <string>

#include "command/command_table.h"
#include "support/resp_text.h"

using slotway::test::request;

namespace slotway::server {

namespace {

constexpr std::size_t kPlenty = 1'000'000;

cluster::Slot slot(int number) { return *cluster::Slot::from_number(number); }

WithinMulti within(std::string_view name) {
  for (const command::Command& command : command::CommandTable::built_in()->commands()) {
    if (command.name == name) return within_multi(command);
  }
  FAIL("no such command: " << name);
  return WithinMulti::refused;
}

}  // namespace

TEST_CASE("a transaction travels as one block from MULTI to EXEC") {
  Transaction transaction(kPlenty);
  CHECK(transaction.queue(request("SET a 1"), false));
  CHECK(transaction.queue(request("GET a"), true));
  CHECK(transaction.block() ==
        request("MULTI") + request("SET a 1") + request("GET a") + request("EXEC"));
  CHECK(transaction.block() ==
        request("MULTI") + request("SET a 1") + request("GET a") + request("EXEC"));
  CHECK(transaction.replies() == 4);
  CHECK_FALSE(transaction.reads_only());
}

TEST_CASE("a transaction reads only if all of its commands do") {
  Transaction transaction(kPlenty);
  CHECK(transaction.reads_only());
  CHECK(transaction.queue(request("GET a"), true));
  CHECK(transaction.reads_only());
  CHECK(transaction.queue(request("INCR a"), false));
  CHECK(transaction.queue(request("GET a"), true));
  CHECK_FALSE(transaction.reads_only());
}

TEST_CASE("commands of Slotway's own keep their place and do not travel") {
  Transaction transaction(kPlenty);
  CHECK(transaction.queue(request("GET a"), true));
  CHECK(transaction.queue_own(request("CLIENT ID")));
  CHECK(transaction.queue(request("GET b"), true));
  CHECK(transaction.queue_own(request("SELECT 0")));
  CHECK(transaction.commands() == 4);
  CHECK(transaction.node_commands() == 2);
  REQUIRE(transaction.own_commands().size() == 2);
  CHECK(transaction.own_commands()[0].position == 1);
  CHECK(transaction.own_commands()[1].position == 3);
  CHECK(transaction.own_commands()[1].bytes == request("SELECT 0"));
  CHECK(transaction.replies() == 4);
  CHECK(transaction.block().find("CLIENT") == std::string_view::npos);
}

TEST_CASE("the first slot decides, and all others have to be the same") {
  Transaction transaction(kPlenty);
  CHECK_FALSE(transaction.slot().has_value());
  CHECK(transaction.agrees_on(slot(7)));
  CHECK(transaction.agrees_on(slot(7)));
  CHECK_FALSE(transaction.agrees_on(slot(8)));
  CHECK(*transaction.slot() == slot(7));
}

TEST_CASE("a transaction that grows too large fails and lets go of its memory") {
  Transaction transaction(200);
  CHECK(transaction.queue(request("SET a 1"), false));
  CHECK_FALSE(transaction.queue(request({"SET", "a", std::string(200, 'x')}), false));
  CHECK(transaction.has_failed());
  CHECK(transaction.bytes() == 0);
  CHECK(transaction.commands() == 0);
  CHECK(transaction.queue(request("SET a 1"), false));  // what follows is not worth a second error
  CHECK(transaction.bytes() == 0);
}

TEST_CASE("commands of Slotway's own count towards the limit") {
  Transaction transaction(300);
  std::size_t queued = 0;
  while (queued < 100 && transaction.queue_own(request("PING"))) ++queued;
  CHECK(queued > 0);
  CHECK(queued < 20);
  CHECK(transaction.has_failed());
}

TEST_CASE("who runs a command within a transaction follows from what is done with it outside") {
  for (const char* name : {"get", "set", "mget", "eval", "evalsha", "fcall", "publish", "spublish",
                           "ping", "echo", "time", "blpop", "xread", "wait", "unwatch", "rename"}) {
    CAPTURE(name);
    CHECK(within(name) == WithinMulti::by_node);
  }
  for (const char* name : {"select", "client|id", "client|setname", "acl|whoami"}) {
    CAPTURE(name);
    CHECK(within(name) == WithinMulti::by_slotway);
  }
  for (const char* name : {"subscribe", "ssubscribe", "flushall", "dbsize", "keys", "hello",
                           "monitor", "shutdown", "client|kill", "client|reply", "script|load"}) {
    CAPTURE(name);
    CHECK(within(name) == WithinMulti::refused);
  }
}

}  // namespace slotway::server
