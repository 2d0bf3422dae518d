#include "server/client_facts.h"

#include <doctest/doctest.h>

#include <chrono>

#include "support/resp_text.h"
#include "support/two_nodes.h"

using namespace std::chrono_literals;
using slotway::test::request;
using slotway::test::TwoNodes;

namespace slotway::server {

namespace {

bool has(const std::string& line, std::string_view field) {
  return (" " + line).find(" " + std::string(field) + " ") != std::string::npos;
}

ClientFacts facts_in(TwoNodes& cluster, const slotway::test::DispatcherHarness::Client& client) {
  return facts_of(*client.session, cluster.harness.dispatcher().commands(),
                  cluster.harness.dispatcher().now_ns());
}

}  // namespace

TEST_CASE("a line has the fields of Redis 7.0 in its order, then those of 7.2") {
  ClientFacts facts{.id = 7,
                    .address = "10.0.0.9:1234",
                    .local_address = "10.0.0.1:6379",
                    .descriptor = 12,
                    .name = "app",
                    .library_name = "lib",
                    .library_version = "1.2",
                    .age_s = 60,
                    .idle_s = 5};
  facts.channels = 1;
  facts.patterns = 2;
  facts.shard_channels = 3;
  facts.queued = 4;
  facts.queued_bytes = 100;
  facts.usage.total = 1000;
  facts.command = "client|list";
  facts.protocol = 3;
  CHECK(to_line(facts) ==
        "id=7 addr=10.0.0.9:1234 laddr=10.0.0.1:6379 fd=12 name=app age=60 idle=5 flags=N db=0 "
        "sub=1 psub=2 ssub=3 multi=4 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=100 rbs=0 rbp=0 obl=0 "
        "oll=0 omem=0 tot-mem=1100 events=r cmd=client|list user=default redir=-1 resp=3 "
        "lib-name=lib lib-ver=1.2\n");
}

TEST_CASE("each flag has its letter, in the order of Redis") {
  ClientFacts facts;
  CHECK(has(to_line(facts), "flags=N"));
  CHECK(has(to_line(facts), "cmd=NULL"));
  facts.set(ClientFlag::no_touch);
  facts.set(ClientFlag::blocked);
  facts.set(ClientFlag::monitor);
  CHECK(has(to_line(facts), "flags=ObT"));
  CHECK(facts.has(ClientFlag::blocked));
  CHECK_FALSE(facts.has(ClientFlag::tracking));
  facts = {};
  for (int bit = 0; bit < 12; ++bit) facts.set(static_cast<ClientFlag>(1 << bit));
  CHECK(has(to_line(facts), "flags=OPxbtRBdcUeT"));
}

TEST_CASE("events are what the connection waits for") {
  ClientFacts facts;
  facts.writing = true;
  CHECK(has(to_line(facts), "events=rw"));
  facts.reading = false;
  CHECK(has(to_line(facts), "events=w"));
  facts.writing = false;
  CHECK(has(to_line(facts), "events="));
}

TEST_CASE("a client that has subscribed is of type pubsub") {
  ClientFacts facts;
  CHECK(facts.type() == ClientType::normal);
  facts.set(ClientFlag::subscribed);
  CHECK(facts.type() == ClientType::pubsub);
}

TEST_CASE("facts are those of the session and of what is kept for it") {
  TwoNodes cluster;
  auto& client = cluster.harness.connect_client();
  client.send(request("HELLO 3 SETNAME app") + request("CLIENT NO-EVICT on") +
              request("CLIENT SETINFO LIB-NAME lib"));
  cluster.harness.end_turn();
  cluster.harness.pass(3s);
  ClientFacts facts = facts_in(cluster, client);
  CHECK(facts.id == 1);
  CHECK(facts.name == "app");
  CHECK(facts.library_name == "lib");
  CHECK(facts.protocol == 3);
  CHECK(facts.age_s == 3);
  CHECK(facts.idle_s == 3);
  CHECK(facts.command == "client|setinfo");
  CHECK(facts.has(ClientFlag::no_evict));
  CHECK(facts.queued == -1);

  client.send(request("MULTI") + request("GET a") + request("CLIENT ID"));
  cluster.harness.end_turn();
  facts = facts_in(cluster, client);
  CHECK(facts.idle_s == 0);
  CHECK(facts.has(ClientFlag::transaction));
  CHECK(facts.queued == 2);
  CHECK(facts.queued_bytes > 0);
}

}  // namespace slotway::server
