// What the dispatcher makes of requests, replies and redirections, rule by rule.

#include "server/dispatcher.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

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

namespace {

const std::string kOutcomeUnknown =
    "-ERR slotway: connection to 10.0.0.2:7002 lost, outcome unknown\r\n";

}  // namespace

TEST_CASE("each request goes to the owner of its slot, each reply to its request") {
  TwoNodes cluster;
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1") + request("SET b 2") + request("GET a"));
  cluster.harness.end_turn();
  cluster.low.accept();
  cluster.high.accept();
  CHECK(cluster.high.requests() == Words{"SET a 1", "GET a"});
  CHECK(cluster.low.requests() == Words{"SET b 2"});
  cluster.high.say("+OK\r\n" + bulk("1"));
  CHECK(client.replies() == "+OK\r\n");  // the one of b is still missing
  cluster.low.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n" + bulk("1"));
}

TEST_CASE("requests wait for a slot map, and give up at their deadline with its problem") {
  DispatcherHarness harness;
  auto& client = harness.connect_client();
  client.send(request("GET a"));
  harness.end_turn();
  CHECK_FALSE(harness.take_refreshes().empty());
  harness.pass(4'900ms);
  CHECK(client.replies().empty());
  harness.pass(200ms);
  CHECK(client.replies() == "-CLUSTERDOWN slotway: no node has answered\r\n");
}

TEST_CASE("requests that waited for a slot map go on when it comes") {
  DispatcherHarness harness;
  ScriptedNode node(harness, "10.0.0.1", 7001);
  auto& client = harness.connect_client();
  client.send(request("GET a"));
  harness.end_turn();
  harness.adopt({{0, 16383, node.endpoint()}});
  harness.end_turn();
  node.accept();
  CHECK(node.requests() == Words{"GET a"});
  node.say("$-1\r\n");
  CHECK(client.replies() == "$-1\r\n");
}

TEST_CASE("a slot without an owner is waited for and then reported") {
  DispatcherHarness harness;
  ScriptedNode node(harness, "10.0.0.1", 7001);
  harness.adopt({{0, 8191, node.endpoint()}});
  auto& client = harness.connect_client();
  client.send(request("GET a"));
  harness.end_turn();
  CHECK(harness.take_refreshes() == std::vector{slotway::server::RefreshReason::uncovered_slot});
  harness.pass(5'100ms);
  CHECK(client.replies() == "-CLUSTERDOWN slotway: no node serves hash slot 15495\r\n");
}

TEST_CASE("MOVED is followed and asks for a newer map") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  (void)cluster.harness.take_refreshes();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  cluster.high.say("-MOVED 15495 10.0.0.3:7003\r\n");
  CHECK(cluster.harness.take_refreshes() == std::vector{slotway::server::RefreshReason::moved});
  cluster.other.accept();
  CHECK(cluster.other.requests() == Words{"SET a 1"});
  cluster.other.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n");
  CHECK(cluster.harness.redirects(Redirect::moved) == 1);
}

TEST_CASE("ASK is followed behind an ASKING of its own") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& first = cluster.harness.connect_client();
  auto& second = cluster.harness.connect_client();
  first.send(request("SET a 1") + request("SET a 2"));
  second.send(request("GET b"));
  cluster.harness.end_turn();
  CHECK(cluster.low.requests() == Words{"GET b"});
  (void)cluster.high.requests();
  cluster.high.connection().send("-ASK 15495 10.0.0.1:7001\r\n-ASK 15495 10.0.0.1:7001\r\n");
  cluster.high.connection().deliver_all();
  second.send(request("GET b"));
  cluster.harness.end_turn();
  CHECK(cluster.low.requests() == Words{"ASKING", "SET a 1", "ASKING", "SET a 2", "GET b"});
  cluster.low.say("$-1\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n$-1\r\n");
  CHECK(first.replies() == "+OK\r\n+OK\r\n");
  CHECK(second.replies() == "$-1\r\n$-1\r\n");
  CHECK(cluster.harness.redirects(Redirect::ask) == 2);
}

TEST_CASE("a redirection loop ends with an error that says so") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  ScriptedNode* const nodes[] = {&cluster.high, &cluster.low};
  const std::string answers[] = {"-MOVED 15495 10.0.0.1:7001\r\n",
                                 "-MOVED 15495 10.0.0.2:7002\r\n"};
  std::size_t hops = 0;
  for (; client.peer->received().empty() && hops < 20; ++hops) {
    CHECK(nodes[hops % 2]->requests() == Words{"SET a 1"});
    nodes[hops % 2]->say(answers[hops % 2]);
  }
  CHECK(hops == 6);  // five redirections followed
  CHECK(client.replies() ==
        "-ERR slotway: hash slot 15495 was redirected more than 5 times; the nodes disagree about "
        "who serves it\r\n");
}

TEST_CASE("a node that redirects to itself is not asked for ever") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  std::size_t asked = 0;
  while (client.peer->received().empty() && asked < 20) {
    asked += cluster.high.requests().size();
    cluster.high.say("-MOVED 15495 10.0.0.2:7002\r\n");
  }
  CHECK(asked == 6);
}

TEST_CASE("malformed redirections end the request with an error and reach nobody else") {
  for (const std::string_view reply :
       {"-MOVED\r\n", "-MOVED 15495\r\n", "-MOVED x 10.0.0.3:7003\r\n",
        "-MOVED 16384 10.0.0.3:1\r\n", "-MOVED 15495 10.0.0.3\r\n", "-MOVED 15495 10.0.0.3:0\r\n",
        "-MOVED 15495 10.0.0.3:99999\r\n", "-ASK 15495 :\r\n", "-ASK -1 10.0.0.3:7003\r\n"}) {
    TwoNodes cluster;
    cluster.get_ready();
    auto& client = cluster.harness.connect_client();
    client.send(request("SET a 1") + request("PING"));
    cluster.harness.end_turn();
    cluster.high.say(reply);
    cluster.harness.pass(6s);
    const std::string replies = client.replies();
    CHECK_MESSAGE(replies.starts_with("-"), reply);
    CHECK(replies.ends_with("+PONG\r\n"));
    CHECK_FALSE(cluster.other.was_asked());
  }
}

TEST_CASE("a MOVED without a host means the host that was asked") {
  TwoNodes cluster;
  cluster.get_ready();
  ScriptedNode same_host(cluster.harness, "10.0.0.2", 7009);
  cluster.harness.adopt({{0, 8191, cluster.low.endpoint()}, {8192, 16383, cluster.high.endpoint()}},
                        {same_host.endpoint()});
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  cluster.high.say("-MOVED 15495 :7009\r\n");
  same_host.accept();
  CHECK(same_host.requests() == Words{"SET a 1"});
  same_host.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n");
}

TEST_CASE("a node that is not in the map is never connected to, whoever redirects there") {
  for (const std::string_view kind : {"MOVED", "ASK"}) {
    TwoNodes cluster;
    cluster.get_ready();
    ScriptedNode stranger(cluster.harness, "10.9.0.1", 7000);
    auto& client = cluster.harness.connect_client();
    client.send(request("SET a 1"));
    cluster.harness.end_turn();
    const std::string redirect = "-" + std::string(kind) + " 15495 10.9.0.1:7000\r\n";
    std::size_t asked = 0;
    for (int tick = 0; tick < 110; ++tick) {
      if (!cluster.high.requests().empty()) {
        ++asked;
        cluster.high.say(redirect);
      }
      cluster.harness.pass(50ms);
    }
    CHECK_FALSE(stranger.was_asked());
    CHECK(asked > 1);
    CHECK(asked <= 100);
    CHECK(client.replies() ==
          "-CLUSTERDOWN slotway: hash slot 15495 was redirected to 10.9.0.1:7000, which is no "
          "known node of the cluster\r\n");
    CHECK(cluster.harness.take_refreshes().size() >= asked);
  }
}

TEST_CASE("a redirect to a node that the next map has is followed then") {
  TwoNodes cluster;
  cluster.get_ready();
  ScriptedNode newcomer(cluster.harness, "10.9.0.1", 7000);
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1") + request("SET a 2"));
  cluster.harness.end_turn();
  cluster.high.say("-ASK 15495 10.9.0.1:7000\r\n-ASK 15495 10.9.0.1:7000\r\n");
  (void)cluster.high.requests();
  cluster.harness.adopt({{0, 8191, cluster.low.endpoint()}, {8192, 16383, cluster.high.endpoint()}},
                        {newcomer.endpoint()});
  cluster.harness.pass(100ms);
  CHECK(cluster.high.requests() == Words{"SET a 1", "SET a 2"});
  cluster.high.say("-ASK 15495 10.9.0.1:7000\r\n-ASK 15495 10.9.0.1:7000\r\n");
  newcomer.accept();
  cluster.harness.pass(100ms);
  // The first that found nobody there waited, and goes to the owner again: it may know better.
  cluster.high.say("-ASK 15495 10.9.0.1:7000\r\n-ASK 15495 10.9.0.1:7000\r\n");
  CHECK(newcomer.requests() == Words{"ASKING", "SET a 1", "ASKING", "SET a 2"});
  newcomer.say("+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n");
}

TEST_CASE("requests that no node has run are sent again until one does") {
  for (const std::string_view refusal :
       {"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        "-CLUSTERDOWN The cluster is down\r\n",
        "-LOADING Redis is loading the dataset in memory\r\n",
        "-READONLY You can't write against a read only replica.\r\n",
        "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"}) {
    TwoNodes cluster;
    cluster.get_ready();
    auto& client = cluster.harness.connect_client();
    client.send(request("SET a 1"));
    cluster.harness.end_turn();
    for (int i = 0; i < 3; ++i) {
      CHECK(cluster.high.requests() == Words{"SET a 1"});
      cluster.high.say(refusal);
      CHECK(client.replies().empty());
      cluster.harness.pass(150ms);
    }
    CHECK(cluster.high.requests() == Words{"SET a 1"});
    cluster.high.say("+OK\r\n");
    CHECK_MESSAGE(client.replies() == "+OK\r\n", refusal);
  }
}

TEST_CASE("a request that is refused up to its deadline gets the node's own words") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  for (int i = 0; i < 200 && client.peer->received().empty(); ++i) {
    if (!cluster.high.requests().empty()) cluster.high.say("-CLUSTERDOWN The cluster is down\r\n");
    cluster.harness.pass(50ms);
  }
  CHECK(client.replies() == "-CLUSTERDOWN The cluster is down\r\n");
}

TEST_CASE("ordinary errors of a node are the client's business") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("INCR a") + request("GET a") + request("SET a 1"));
  cluster.harness.end_turn();
  cluster.high.say("-ERR value is not an integer or out of range\r\n-WRONGTYPE no\r\n-\r\n");
  CHECK(client.replies() ==
        "-ERR value is not an integer or out of range\r\n-WRONGTYPE no\r\n-\r\n");
}

TEST_CASE("a session whose request waits to be sent again sends nothing new meanwhile") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.say("-CLUSTERDOWN Hash slot not served\r\n");
  client.send(request("SET a 2") + request("SET b 3"));
  cluster.harness.end_turn();
  CHECK(cluster.high.requests().empty());
  CHECK(cluster.low.requests().empty());
  cluster.harness.pass(150ms);
  CHECK(cluster.high.requests() == Words{"SET a 1"});
  cluster.high.say("+OK\r\n");
  cluster.harness.turn();
  CHECK(cluster.high.requests() == Words{"SET a 2"});
  CHECK(cluster.low.requests() == Words{"SET b 3"});
  cluster.high.say("+OK\r\n");
  cluster.low.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n+OK\r\n");
}

TEST_CASE("requests that wait to be sent again leave in the order the client sent them") {
  // The first comes back a second time while the second still waits: it must not end up behind it.
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("APPEND a 1") + request("APPEND a 2"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.say("-TRYAGAIN not yet\r\n-LOADING Redis is loading the dataset in memory\r\n");
  Words sent;
  for (int i = 0; i < 40 && sent.size() < 4; ++i) {
    cluster.harness.pass(50ms);
    for (const std::string& each : cluster.high.requests()) {
      // The first is refused once more when it comes alone.
      cluster.high.say(sent.empty() ? "-LOADING Redis is loading the dataset in memory\r\n"
                                    : ":1\r\n");
      sent.push_back(each);
    }
  }
  CHECK(sent == Words{"APPEND a 1", "APPEND a 1", "APPEND a 2"});
}

TEST_CASE("a refused request is not sent again once a later one on its key has run") {
  // The node said no to the first and yes to the second, which was under way already. Sent again,
  // the first would undo the second.
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1") + request("SET a 2"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.say("-LOADING Redis is loading the dataset in memory\r\n+OK\r\n");
  cluster.harness.pass(1s);
  CHECK(cluster.high.requests().empty());
  CHECK(client.replies() == "-LOADING Redis is loading the dataset in memory\r\n+OK\r\n");
}

TEST_CASE("a refused request waits until later ones on its slot are answered") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1") + request("SET a 2"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.say("-LOADING Redis is loading the dataset in memory\r\n");
  cluster.harness.pass(1s);
  CHECK(cluster.high.requests().empty());
  cluster.high.say("-LOADING Redis is loading the dataset in memory\r\n");
  cluster.harness.pass(150ms);
  CHECK(cluster.high.requests() == Words{"SET a 1", "SET a 2"});
  cluster.high.say("+OK\r\n+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n");
}

TEST_CASE("a refused request is sent again although others on its slot or on other keys have run") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("MSET {a}1 x {a}2 y") + request("SET {a}3 z") + request("SET b 1"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.low.say("+OK\r\n");
  cluster.high.say("-TRYAGAIN not yet\r\n+OK\r\n");
  cluster.harness.pass(150ms);
  CHECK(cluster.high.requests() == Words{"MSET {a}1 x {a}2 y"});
  cluster.high.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n+OK\r\n");
}

TEST_CASE("two reads of a key may run in any order") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("GET a") + request("GET a"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.say("-LOADING Redis is loading the dataset in memory\r\n" + bulk("x"));
  cluster.harness.pass(150ms);
  CHECK(cluster.high.requests() == Words{"GET a"});
  cluster.high.say(bulk("x"));
  CHECK(client.replies() == bulk("x") + bulk("x"));
}

TEST_CASE("a map that changes lets a session finish before it goes on") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("SET a 1"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.harness.adopt({{0, 16383, cluster.low.endpoint()}});
  client.send(request("SET a 2"));
  cluster.harness.end_turn();
  CHECK(cluster.low.requests().empty());  // the first may yet be redirected behind it
  cluster.high.say("-MOVED 15495 10.0.0.1:7001\r\n");
  CHECK(cluster.low.requests() == Words{"SET a 1"});
  cluster.low.say("+OK\r\n");
  CHECK(cluster.low.requests() == Words{"SET a 2"});
  cluster.low.say("+OK\r\n");
  CHECK(client.replies() == "+OK\r\n+OK\r\n");
}

TEST_CASE(
    "a lost connection: writes that may have run get the distinct error, and are not sent again") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("INCR a") + request("SET a 1"));
  cluster.harness.end_turn();
  (void)cluster.high.requests();
  cluster.high.die();
  CHECK(client.replies() == kOutcomeUnknown + kOutcomeUnknown);
  cluster.harness.pass(1s);
  cluster.high.accept();
  CHECK(cluster.high.requests().empty());
}
