#include "server/exec_conversation.h"

#include <doctest/doctest.h>

#include "support/dispatcher_harness.h"
#include "support/resp_text.h"

using slotway::test::bulk;
using slotway::test::request;

namespace slotway::server {

namespace {

constexpr std::string_view kAborted =
    "-EXECABORT Transaction discarded because of previous errors.\r\n";

Transaction two_commands() {
  Transaction transaction(10'000);
  CHECK(transaction.queue(request("SET a 1"), false));
  CHECK(transaction.queue(request("GET a"), true));
  return transaction;
}

struct Rig {
  std::string reply(const ExecConversation& conversation, std::string_view last) {
    return conversation.reply(harness.dispatcher(), *client.session, {last});
  }

  test::DispatcherHarness harness;
  test::DispatcherHarness::Client& client = harness.connect_client();
};

}  // namespace

TEST_CASE("a node that queues all commands is passed on as it is") {
  Rig rig;
  ExecConversation conversation(two_commands());
  CHECK(conversation.on_early_reply("+OK\r\n"));
  CHECK(conversation.on_early_reply("+QUEUED\r\n"));
  CHECK(conversation.on_early_reply("+QUEUED\r\n"));
  CHECK_FALSE(conversation.has_failed_early());
  const std::string last = "*2\r\n+OK\r\n" + bulk("1");
  CHECK(conversation.accepts({last}));
  CHECK(rig.reply(conversation, last) == last);
}

TEST_CASE("what no node can have said to MULTI or a command is not believed") {
  ExecConversation first(two_commands());
  CHECK_FALSE(first.on_early_reply("+QUEUED\r\n"));
  ExecConversation second(two_commands());
  CHECK(second.on_early_reply("+OK\r\n"));
  CHECK_FALSE(second.on_early_reply("+OK\r\n"));
  ExecConversation third(two_commands());
  CHECK(third.on_early_reply("+OK\r\n"));
  CHECK_FALSE(third.on_early_reply(":1\r\n"));
}

TEST_CASE("EXEC answers with one element for each command, null or an error") {
  const ExecConversation conversation(two_commands());
  for (const char* last : {"*2\r\n:1\r\n:2\r\n", "*-1\r\n", "_\r\n", "-ERR x\r\n"}) {
    CAPTURE(last);
    CHECK(conversation.accepts({last}));
  }
  for (const char* last : {"*1\r\n:1\r\n", "*3\r\n:1\r\n:2\r\n:3\r\n", "+OK\r\n", ":2\r\n"}) {
    CAPTURE(last);
    CHECK_FALSE(conversation.accepts({last}));
  }
}

TEST_CASE("an error at queue time comes out at EXEC, with its words") {
  Rig rig;
  ExecConversation conversation(two_commands());
  CHECK(conversation.on_early_reply("+OK\r\n"));
  CHECK(conversation.on_early_reply("-OOM command not allowed\r\n"));
  CHECK(conversation.on_early_reply("-ERR another\r\n"));
  CHECK(conversation.has_failed_early());
  CHECK_FALSE(conversation.accepts({"*2\r\n:1\r\n:2\r\n"}));  // it cannot have run
  CHECK(conversation.accepts({kAborted}));
  CHECK(conversation.cause_of("EXECABORT Transaction discarded because of previous errors.") ==
        "OOM command not allowed");
  CHECK(rig.reply(conversation, kAborted) ==
        "-EXECABORT Transaction discarded because of: OOM command not allowed\r\n");
}

TEST_CASE("the cause behind an EXECABORT that quotes it is what it quotes") {
  const ExecConversation conversation(two_commands());
  CHECK(conversation.cause_of("EXECABORT Transaction discarded because of: MOVED 1 a:1") ==
        "MOVED 1 a:1");
  CHECK(conversation.cause_of("CLUSTERDOWN x") == "CLUSTERDOWN x");
}

TEST_CASE("a node that refuses MULTI has run the commands, and nothing is sent again") {
  Rig rig;
  ExecConversation conversation(two_commands());
  CHECK(conversation.on_early_reply("-NOPERM no MULTI for you\r\n"));
  CHECK(conversation.on_early_reply("+OK\r\n"));
  CHECK(conversation.on_early_reply("$1\r\n1\r\n"));
  CHECK_FALSE(conversation.has_failed_early());
  CHECK(conversation.cause_of("ERR EXEC without MULTI") == "ERR EXEC without MULTI");
  CHECK(rig.reply(conversation, "-ERR EXEC without MULTI\r\n") ==
        "-ERR slotway: the node refused MULTI and ran the commands one by one: NOPERM no MULTI for "
        "you\r\n");
}

TEST_CASE("a conversation that begins again has forgotten the first") {
  Rig rig;
  ExecConversation conversation(two_commands());
  CHECK(conversation.on_early_reply("+OK\r\n"));
  CHECK(conversation.on_early_reply("-MOVED 1 10.0.0.2:7002\r\n"));
  conversation.begin_again();
  CHECK_FALSE(conversation.has_failed_early());
  CHECK(conversation.on_early_reply("+OK\r\n"));
  CHECK(conversation.on_early_reply("+QUEUED\r\n"));
  CHECK(conversation.accepts({"*2\r\n:1\r\n:2\r\n"}));
}

TEST_CASE("Slotway's own commands are answered in their places, if the node has run its part") {
  Rig rig;
  rig.client.session->details().name = "me";
  Transaction transaction(10'000);
  CHECK(transaction.queue_own(request("CLIENT GETNAME")));
  CHECK(transaction.queue(request("LRANGE l 0 -1"), true));
  CHECK(transaction.queue_own(request("SELECT 5")));
  CHECK(transaction.queue(request("GET a"), true));
  const ExecConversation conversation(transaction);
  CHECK(rig.reply(conversation, "*2\r\n*2\r\n:1\r\n:2\r\n+x\r\n") ==
        "*4\r\n" + bulk("me") + "*2\r\n:1\r\n:2\r\n-ERR DB index is out of range\r\n+x\r\n");
  CHECK(rig.reply(conversation, "*-1\r\n") == "*-1\r\n");
  CHECK(rig.client.replies().empty());  // nothing went out by itself
}

TEST_CASE("a transaction of Slotway's own commands alone needs no node") {
  Rig rig;
  Transaction transaction(10'000);
  CHECK(transaction.queue_own(request("CLIENT ID")));
  const ExecConversation conversation(transaction);
  CHECK(conversation.own_reply(rig.harness.dispatcher(), *rig.client.session) == "*1\r\n:1\r\n");
}

}  // namespace slotway::server
