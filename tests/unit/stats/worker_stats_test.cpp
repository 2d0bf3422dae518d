#include "stats/worker_stats.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace slotway::stats;  // NOLINT(google-build-using-namespace): the module under test

TEST_CASE("a counter goes up, down and to a value") {
  Counter counter;
  counter.add();
  counter.add(41);
  counter.subtract(2);
  CHECK(counter.value() == 40);
  counter.set(7);
  CHECK(counter.value() == 7);
}

TEST_CASE("asking twice for a node gives the same counters, and another node others") {
  WorkerStats worker;
  NodeStats& first = worker.node("10.0.0.1:6379");
  NodeStats& second = worker.node("10.0.0.2:6379");
  first.requests.add(5);
  CHECK(&worker.node("10.0.0.1:6379") == &first);
  CHECK(&second != &first);
  CHECK(second.requests.value() == 0);

  std::vector<std::string> seen;
  worker.for_each_node([&seen](const NodeStats& node) { seen.push_back(node.endpoint); });
  CHECK(seen == std::vector<std::string>{"10.0.0.1:6379", "10.0.0.2:6379"});
}

TEST_CASE("a node's counters stay where they are while more nodes are added") {
  WorkerStats worker;
  const NodeStats* const first = &worker.node("node-0:6379");
  for (int number = 1; number < 100; ++number) {
    worker.node("node-" + std::to_string(number) + ":6379");
  }
  CHECK(&worker.node("node-0:6379") == first);
}

TEST_CASE("a scrape reads the list of nodes while the worker adds to it and counts") {
  constexpr std::uint64_t kNodes = 200;
  WorkerStats worker;
  std::thread writer([&worker] {
    for (std::uint64_t number = 0; number < kNodes; ++number) {
      worker.node("node-" + std::to_string(number)).requests.add(3);
    }
  });
  std::uint64_t most_nodes = 0;
  while (most_nodes < kNodes) {
    std::uint64_t nodes = 0;
    std::uint64_t requests = 0;
    worker.for_each_node([&](const NodeStats& node) {
      ++nodes;
      requests += node.requests.value();
    });
    CHECK(nodes >= most_nodes);
    CHECK(requests <= nodes * 3);
    most_nodes = nodes;
  }
  writer.join();
}

TEST_CASE("commands with an id beyond the table share its last place") {
  WorkerStats worker;
  constexpr auto kOk = static_cast<std::size_t>(Outcome::ok);
  worker.command(5)[kOk].add();
  worker.command(kMaxCommands - 1)[kOk].add();
  worker.command(kMaxCommands)[kOk].add();
  worker.command(65535)[kOk].add();
  CHECK(worker.commands[5][kOk].value() == 1);
  CHECK(worker.commands[kMaxCommands - 1][kOk].value() == 3);
}

TEST_CASE("outcomes and redirects are named in the order of their enumerators") {
  CHECK(std::string(kOutcomeNames[static_cast<std::size_t>(Outcome::ok)]) == "ok");
  CHECK(std::string(kOutcomeNames[static_cast<std::size_t>(Outcome::proxy_error)]) ==
        "proxy_error");
  CHECK(std::string(kRedirectNames[static_cast<std::size_t>(Redirect::moved)]) == "moved");
  CHECK(std::string(kRedirectNames[static_cast<std::size_t>(Redirect::connection_lost)]) ==
        "connection_lost");
}
