// What the dispatcher makes of lost connections, deadlines and nodes that misbehave, rule by rule.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "server/dispatcher.h"
#include "support/two_nodes.h"

using namespace std::chrono_literals;
using slotway::net::End;
using slotway::stats::Redirect;
using slotway::test::bulk;
using slotway::test::DispatcherHarness;
using slotway::test::kUnlimited;
using slotway::test::request;
using slotway::test::ScriptedNode;
using slotway::test::TwoNodes;
using Words = std::vector<std::string>;

TEST_CASE("a lost connection: reads and what was not sent are sent again, in order") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("GET a"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  client.send(request("SET a 1") + request("GET a"));  // the turn has not ended: not written
  cluster.high.die();
  CHECK(client.replies().empty());
  cluster.harness.pass(200ms);
  cluster.high.accept();
  cluster.harness.pass(100ms);
  CHECK(cluster.high.requests() == Words{"GET a", "SET a 1", "GET a"});
  cluster.high.say("$-1\r\n+OK\r\n" + bulk("1"));
  CHECK(client.replies() == "$-1\r\n+OK\r\n" + bulk("1"));
  CHECK(cluster.harness.redirects(Redirect::connection_lost) == 3);
}

TEST_CASE("a read is not sent again when a later write of its key may have run") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("GET a") + request("GET {a}2") + request("SET a 1") + request("GET a"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.die();
  cluster.harness.pass(200ms);
  cluster.high.accept();
  cluster.harness.pass(100ms);
  CHECK(cluster.high.requests() == Words{"GET {a}2", "GET a"});
  cluster.high.say("$-1\r\n" + bulk("1"));
  CHECK(client.replies() ==
        "-ERR slotway: connection lost, and a later request on the same key may have run\r\n"
        "$-1\r\n-ERR slotway: connection to 10.0.0.2:7002 lost, outcome unknown\r\n" +
            bulk("1"));
}

TEST_CASE("a surplus reply hurts only those who wait on that connection") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& first = cluster.harness.connect_client();
  auto& second = cluster.harness.connect_client();
  first.send(request("SET a 1"));
  second.send(request("SET b 1"));
  cluster.harness.end_turn();
  cluster.high.say("+OK\r\n+OK\r\n");
  CHECK(first.replies() == "+OK\r\n");
  CHECK_FALSE(cluster.high.connection().is_open());
  cluster.low.say("+OK\r\n");
  CHECK(second.replies() == "+OK\r\n");
}

TEST_CASE("a reply of a type that its command cannot have reaches nobody") {
  struct Case {
    std::string_view command;
    std::string_view reply;
  };
  for (const Case& each : {Case{"GET a", ":1\r\n"}, Case{"INCR a", "+OK\r\n"},
                           Case{"SET a 1", "*1\r\n:1\r\n"}, Case{"LRANGE a 0 1", bulk("x")}}) {
    TwoNodes cluster;
    cluster.get_ready();
    auto& client = cluster.harness.connect_client();
    client.send(request(each.command));
    cluster.harness.end_turn();
    cluster.high.say(each.reply);
    CHECK_MESSAGE(!cluster.high.connection().is_open(), each.command);
    cluster.harness.pass(6s);
    CHECK(client.replies().find(each.reply) == std::string::npos);
  }
}

TEST_CASE("the reply to a request whose client has left must still be of a possible type") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("GET a"));
  cluster.harness.end_turn();
  client.peer->end(End::failed);
  cluster.high.say(":1\r\n");
  CHECK_FALSE(cluster.high.connection().is_open());
}

TEST_CASE("at its deadline a request gets one error, and its late reply reaches nobody") {
  TwoNodes cluster;
  cluster.get_ready();
  std::vector<DispatcherHarness::Client*> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(&cluster.harness.connect_client());
    clients.back()->send(request("INCR a"));
  }
  cluster.harness.end_turn();
  cluster.harness.pass(4'900ms);
  for (auto* client : clients) CHECK(client->replies().empty());
  cluster.harness.pass(200ms);
  for (auto* client : clients) {
    CHECK(client->replies() == "-ERR slotway: no reply within 5000 ms, outcome unknown\r\n");
  }
  CHECK(cluster.harness.stats().request_timeouts.value() == 100);
  // Meanwhile they go on, and the node wakes up.
  for (auto* client : clients) client->send(request("PING"));
  cluster.harness.end_turn();
  std::string late;
  for (int i = 0; i < 100; ++i) late += ":" + std::to_string(i) + "\r\n";
  cluster.high.say(late);
  for (auto* client : clients) CHECK(client->replies() == "+PONG\r\n");
  CHECK(cluster.high.connection().is_open());
  clients[0]->send(request("INCR a"));
  cluster.harness.end_turn();
  cluster.high.say(":100\r\n");
  CHECK(clients[0]->replies() == ":100\r\n");
}

TEST_CASE("a client can leave with requests at every stage, and nobody else notices") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& witness = cluster.harness.connect_client();
  for (int stage = 0; stage < 6; ++stage) {
    auto& leaver = cluster.harness.connect_client();
    leaver.send(request("SET a 1") + request("MGET a b"));
    witness.send(request("SET a w"));
    if (stage > 0) cluster.harness.end_turn();
    if (stage == 2) cluster.high.connection().say("+O");
    if (stage == 3) cluster.high.connection().say("-TRYAGAIN no\r\n");
    if (stage == 4) cluster.high.connection().say("+OK\r\n*1\r\n$-1\r\n");
    if (stage == 5) cluster.high.connection().say("-CLUSTERDOWN no\r\n-CLUSTERDOWN no\r\n");
    leaver.peer->end(End::failed, "left");
    cluster.harness.turn();
    if (stage <= 1) cluster.high.say("+OK\r\n*1\r\n$-1\r\n+OK\r\n");
    if (stage == 2) cluster.high.say("K\r\n*1\r\n$-1\r\n+OK\r\n");
    if (stage == 3) cluster.high.say("*1\r\n$-1\r\n+OK\r\n");
    if (stage == 4 || stage == 5) cluster.high.say("+OK\r\n");
    cluster.low.say("*1\r\n$-1\r\n");
    CHECK(witness.replies() == "+OK\r\n");
    CHECK(cluster.high.connection().is_open());
    CHECK(cluster.low.connection().is_open());
    cluster.harness.pass(300ms);
    CHECK(cluster.harness.context().requests.in_use() == 0);
    (void)cluster.high.requests();
  }
}

TEST_CASE("a split request is answered once, in the order of its keys") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("MGET a b {a}2 c") + request("DEL a b") + request("MSET a 1 b 2"));
  cluster.harness.end_turn();
  CHECK(cluster.high.requests() == Words{"MGET a {a}2", "DEL a", "MSET a 1"});
  CHECK(cluster.low.requests() == Words{"MGET b", "MGET c", "DEL b", "MSET b 2"});
  cluster.low.say("*1\r\n" + bulk("vb") + "*1\r\n" + bulk("vc") + ":1\r\n+OK\r\n");
  CHECK(client.replies().empty());
  cluster.high.say("*2\r\n" + bulk("va") + "$-1\r\n:1\r\n+OK\r\n");
  CHECK(client.replies() ==
        "*4\r\n" + bulk("va") + bulk("vb") + "$-1\r\n" + bulk("vc") + ":2\r\n+OK\r\n");
}

TEST_CASE("a split request of which a part fails is an error, never a value that looks like one") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("DEL a b"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.low.say(":1\r\n");
  cluster.high.die();
  CHECK(client.replies() ==
        "-ERR slotway: 1 of 2 parts of DEL failed, first: ERR slotway: connection to "
        "10.0.0.2:7002 lost, outcome unknown\r\n");

  client.send(request("MGET a b"));
  cluster.harness.end_turn();
  cluster.harness.pass(5'100ms);
  const std::string reply = client.replies();
  CHECK(reply.starts_with("-"));
  CHECK(reply.find("$-1") == std::string::npos);
}

TEST_CASE("parts of a split request are redirected and sent again on their own") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("MGET a b"));
  cluster.harness.end_turn();
  (void)cluster.low.requests();
  (void)cluster.high.requests();
  cluster.high.say("-MOVED 15495 10.0.0.3:7003\r\n");
  cluster.low.say("-TRYAGAIN no\r\n");
  cluster.other.accept();
  CHECK(cluster.other.requests() == Words{"MGET a"});
  cluster.other.say("*1\r\n" + bulk("va"));
  cluster.harness.pass(100ms);
  CHECK(cluster.low.requests() == Words{"MGET b"});
  cluster.low.say("*1\r\n" + bulk("vb"));
  CHECK(client.replies() == "*2\r\n" + bulk("va") + bulk("vb"));
}

TEST_CASE("beyond the limit of the retry queue requests fail at once and say why") {
  auto options = DispatcherHarness::default_options();
  options.hold_queue_bytes = 200;
  TwoNodes cluster(options);
  cluster.get_ready();
  std::vector<DispatcherHarness::Client*> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(&cluster.harness.connect_client());
    clients.back()->send(request("GET a"));
  }
  cluster.harness.end_turn();
  cluster.high.die();
  int refused = 0;
  for (auto* client : clients) {
    const std::string reply = client->replies();
    if (reply.empty()) continue;
    CHECK(reply ==
          "-CLUSTERDOWN slotway: too many requests wait for a node that cannot be reached\r\n");
    ++refused;
  }
  CHECK(refused == 20 - 200 / static_cast<int>(request("GET a").size()));
}

TEST_CASE("what a node that stalls holds up is bounded, and other nodes' requests go on") {
  auto options = DispatcherHarness::default_options();
  options.connection.queue_bytes = 2'000;
  TwoNodes cluster(options);
  cluster.get_ready();
  cluster.high.connection().set_kernel_room(0);
  std::vector<DispatcherHarness::Client*> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(&cluster.harness.connect_client());
    clients.back()->send(request("SET a " + std::string(500, 'x')));
    cluster.harness.end_turn();
  }
  auto& other = cluster.harness.connect_client();
  other.send(request("GET b"));
  cluster.harness.end_turn();
  cluster.low.say("$-1\r\n");
  CHECK(other.replies() == "$-1\r\n");
  CHECK(cluster.harness.context().requests.in_use() < 6);
  cluster.harness.pass(6s);
  for (auto* client : clients) CHECK(client->replies().starts_with("-"));
}

TEST_CASE("requests for a node that cannot be reached wait, and tell why in the end") {
  TwoNodes cluster;
  cluster.get_ready();
  cluster.high.die("reset by peer");
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  for (int i = 0; i < 110 && client.peer->received().empty(); ++i) {
    cluster.harness.pass(50ms);
    cluster.high.die("connection refused");
  }
  const std::string reply = client.replies();
  CHECK(reply.starts_with("-CLUSTERDOWN slotway:"));
  CHECK(reply.find("10.0.0.2:7002") != std::string::npos);
}

TEST_CASE("a failover is held: requests wait for the new primary and see no error") {
  TwoNodes cluster;
  cluster.get_ready();
  cluster.high.die();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1") + request("SET b 2") + request("GET a"));
  cluster.harness.end_turn();
  for (int i = 0; i < 40; ++i) {
    cluster.harness.pass(50ms);
    cluster.high.die("connection refused");
  }
  CHECK(client.replies().empty());
  cluster.harness.adopt(
      {{0, 8191, cluster.low.endpoint()}, {8192, 16383, cluster.other.endpoint()}});
  cluster.harness.end_turn();
  cluster.other.accept();
  cluster.harness.pass(100ms);
  CHECK(cluster.other.requests() == Words{"SET a 1", "GET a"});
  CHECK(cluster.low.requests() == Words{"SET b 2"});
  cluster.other.say("+OK\r\n" + bulk("1"));
  cluster.low.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n" + bulk("1"));
}

TEST_CASE("commands that change a connection never travel on a shared one") {
  TwoNodes cluster;
  cluster.get_ready();
  for (const std::string_view words : {"AUTH x",
                                       "AUTH u p",
                                       "HELLO 3 AUTH u p",
                                       "SELECT 1",
                                       "SELECT 0",
                                       "CLIENT REPLY OFF",
                                       "CLIENT REPLY SKIP",
                                       "CLIENT TRACKING ON",
                                       "CLIENT NO-EVICT on",
                                       "CLIENT SETNAME x",
                                       "MONITOR",
                                       "SUBSCRIBE x",
                                       "PSUBSCRIBE x",
                                       "SSUBSCRIBE a",
                                       "UNSUBSCRIBE",
                                       "READONLY",
                                       "READWRITE",
                                       "ASKING",
                                       "RESET",
                                       "QUIT",
                                       "SYNC",
                                       "PSYNC ? -1",
                                       "REPLCONF listening-port 1",
                                       "MULTI",
                                       "WATCH a",
                                       "UNWATCH",
                                       "EXEC",
                                       "DISCARD",
                                       "BLPOP a 0",
                                       "WAIT 1 0",
                                       "XREAD BLOCK 0 STREAMS a $",
                                       "DEBUG SLEEP 1",
                                       "SHUTDOWN",
                                       "CLUSTER RESET",
                                       "FAILOVER",
                                       "REPLICAOF no one"}) {
    auto& client = cluster.harness.connect_client();
    client.send(request("PING") + request(words));
    cluster.harness.end_turn();
    for (const std::string& sent : cluster.low.requests()) {
      CHECK_MESSAGE(sent.find(words.substr(0, words.find(' '))) == std::string::npos, words);
    }
    for (const std::string& sent : cluster.high.requests()) {
      CHECK_MESSAGE(sent.find(words.substr(0, words.find(' '))) == std::string::npos, words);
    }
    CHECK_MESSAGE(client.replies().starts_with("+PONG\r\n"), words);
    if (client.session != nullptr) client.peer->end(End::failed);
    cluster.harness.turn();
  }
}

TEST_CASE("a node with a narrow kernel is written to in order, whatever is redirected to it") {
  TwoNodes cluster;
  cluster.get_ready();
  cluster.low.connection().set_kernel_room(3);
  auto& client = cluster.harness.connect_client();
  Words expected;
  std::string moved;
  for (int i = 0; i < 50; ++i) {
    client.send(request("APPEND a " + std::to_string(i)));
    expected.push_back("APPEND a " + std::to_string(i));
    moved += "-MOVED 15495 10.0.0.1:7001\r\n";
  }
  cluster.harness.end_turn();
  cluster.high.say(moved);
  Words sent;
  for (int i = 0; i < 2'000 && sent.size() < expected.size(); ++i) {
    cluster.low.connection().set_kernel_room(7);
    cluster.harness.end_turn();
    for (const std::string& each : cluster.low.requests()) sent.push_back(each);
  }
  CHECK(sent == expected);
  cluster.low.connection().set_kernel_room(kUnlimited);
  std::string replies;
  for (int i = 0; i < 50; ++i) replies += ":" + std::to_string(i) + "\r\n";
  cluster.low.say(replies);
  CHECK(client.replies() == replies);
}
