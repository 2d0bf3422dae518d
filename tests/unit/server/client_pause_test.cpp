#include "server/client_pause.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "server/client_state.h"
#include "support/resp_text.h"
#include "support/two_nodes.h"

using namespace std::chrono_literals;
using slotway::test::request;
using slotway::test::TwoNodes;
using Words = std::vector<std::string>;

namespace slotway::server {

namespace {

const slotway::command::Command& command(std::string_view name) {
  const auto table = slotway::command::CommandTable::built_in();
  for (const auto& known : table->commands()) {
    if (known.name == name) return known;
  }
  FAIL("no such command: " << name);
  return table->commands().front();
}

}  // namespace

TEST_CASE("what may write is what Redis holds back for CLIENT PAUSE WRITE") {
  for (const char* name : {"set", "del", "eval", "evalsha", "fcall", "pfcount", "publish",
                           "spublish", "exec", "flushall", "xreadgroup"}) {
    CAPTURE(name);
    CHECK(may_write(command(name)));
  }
  for (const char* name : {"get", "mget", "ping", "eval_ro", "fcall_ro", "multi", "subscribe"}) {
    CAPTURE(name);
    CHECK_FALSE(may_write(command(name)));
  }
}

TEST_CASE("a pause becomes longer and stricter, never shorter or milder") {
  TwoNodes cluster;
  auto& session = *cluster.harness.connect_client().session;
  ClientPause pause;
  CHECK_FALSE(pause.is_on());
  pause.start(ClientPause::Mode::all, 1000);
  pause.start(ClientPause::Mode::writes, 500);
  CHECK_FALSE(pause.is_over(999));
  CHECK(pause.is_over(1000));
  CHECK(pause.holds_back(command("get"), session));
  pause.start(ClientPause::Mode::writes, 2000);
  CHECK_FALSE(pause.is_over(1999));
  pause.stop();
  CHECK_FALSE(pause.is_on());
  CHECK_FALSE(pause.is_over(5000));
  CHECK_FALSE(pause.holds_back(command("set"), session));
  pause.start(ClientPause::Mode::writes, 3000);  // the strictness of the last one has ended with it
  CHECK_FALSE(pause.holds_back(command("get"), session));
  CHECK(pause.holds_back(command("set"), session));
}

TEST_CASE("the end of a pause and monitors are never held back") {
  TwoNodes cluster;
  auto& session = *cluster.harness.connect_client().session;
  ClientPause pause;
  pause.start(ClientPause::Mode::all, 1000);
  CHECK_FALSE(pause.holds_back(command("client|unpause"), session));
  CHECK(pause.holds_back(command("ping"), session));
  ClientState::of(session).monitors = true;
  CHECK_FALSE(pause.holds_back(command("ping"), session));
  ClientState::of(session).monitors = false;  // no feed has it
}

TEST_CASE("writes wait for the end of their pause, reads do not") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& one = cluster.harness.connect_client();
  auto& other = cluster.harness.connect_client();
  one.send(request("CLIENT PAUSE 200 WRITE"));
  cluster.harness.end_turn();
  CHECK(one.replies() == "+OK\r\n");
  one.send(request("SET a 1"));
  other.send(request("GET a"));
  cluster.harness.end_turn();
  CHECK(cluster.high.requests() == Words{"GET a"});
  cluster.high.say("$-1\r\n");
  cluster.harness.pass(150ms);
  CHECK(cluster.high.requests().empty());
  cluster.harness.pass(100ms);
  CHECK(cluster.high.requests() == Words{"SET a 1"});
  cluster.high.say("+OK\r\n");
  CHECK(one.replies() == "+OK\r\n");
}

TEST_CASE("who has left during a pause is not resumed, and who waited has its full time again") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& one = cluster.harness.connect_client();
  auto& leaving = cluster.harness.connect_client();
  auto& staying = cluster.harness.connect_client();
  one.send(request("CLIENT PAUSE 60000"));
  cluster.harness.end_turn();
  leaving.send(request("SET a 1"));
  staying.send(request("SET a 2"));
  cluster.harness.end_turn();
  leaving.peer->end(slotway::net::End::failed);
  cluster.harness.turn();
  cluster.harness.pass(4s);
  one.send(request("CLIENT UNPAUSE"));
  cluster.harness.end_turn();
  cluster.harness.end_turn();
  CHECK(cluster.high.requests() == Words{"SET a 2"});
  cluster.harness.pass(4s);  // more than the time of a request, since it was sent
  CHECK(staying.replies().empty());
  cluster.high.say("+OK\r\n");
  CHECK(staying.replies() == "+OK\r\n");
}

}  // namespace slotway::server
