#include "admin/node_totals.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace slotway::admin {
namespace {

constexpr std::size_t kRequests = 0;
constexpr std::size_t kInFlight = kNodeFields.size() - 1;

std::vector<std::string> shown(const NodeRoster::Selection& selection) {
  std::vector<std::string> labels;
  for (const auto& node : selection.shown) labels.push_back(node->first);
  return labels;
}

}  // namespace

TEST_CASE("endpoints that read the same as a label are one node") {
  stats::WorkerStats worker;
  worker.node("a\x01:1").requests.add(2);
  worker.node("a\\x01:1").requests.add(3);
  const NodesByLabel nodes = sum_nodes({&worker});
  REQUIRE(nodes.size() == 1);
  CHECK(nodes.at("a\\x01:1")[kRequests] == 5);
}

TEST_CASE("a node of the topology is shown however quiet it is") {
  NodeRoster roster;
  const NodesByLabel nodes{{"a:1", {}}};
  const NodeRoster::Clock::time_point start{};
  CHECK(shown(roster.select(nodes, {"a:1"}, start)) == std::vector<std::string>{"a:1"});
  CHECK(shown(roster.select(nodes, {"a:1"}, start + std::chrono::hours(100))) ==
        std::vector<std::string>{"a:1"});
  CHECK(shown(roster.select(nodes, {}, start + std::chrono::hours(100))).empty());
}

TEST_CASE("a request in flight keeps a node that left the topology in sight") {
  NodeRoster roster;
  NodesByLabel nodes{{"a:1", {}}};
  nodes["a:1"][kInFlight] = 1;
  const NodeRoster::Clock::time_point start{};
  CHECK(roster.select(nodes, {}, start).shown.size() == 1);
  CHECK(roster.select(nodes, {}, start + std::chrono::hours(2)).shown.size() == 1);
  nodes["a:1"][kInFlight] = 0;
  CHECK(roster.select(nodes, {}, start + std::chrono::hours(4)).shown.empty());
}

TEST_CASE("above the limit the nodes of the topology come first and the rest is counted") {
  NodeRoster roster;
  NodesByLabel nodes;
  std::set<std::string> in_topology;
  constexpr std::size_t kExtra = 40;
  for (std::size_t number = 0; number < NodeRoster::kMaxNodes; ++number) {
    const std::string label = "z-in-topology-" + std::to_string(number);
    nodes[label] = {};
    in_topology.insert(label);
  }
  for (std::size_t number = 0; number < kExtra; ++number) {
    nodes["a-left-" + std::to_string(number)] = {};
  }
  const NodeRoster::Selection selection = roster.select(nodes, in_topology, {});
  CHECK(selection.shown.size() == NodeRoster::kMaxNodes);
  CHECK(selection.omitted == kExtra);
  CHECK(std::ranges::all_of(shown(selection), [&in_topology](const std::string& label) {
    return in_topology.contains(label);
  }));
}

}  // namespace slotway::admin
