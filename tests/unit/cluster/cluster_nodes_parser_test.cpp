#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/slot_map_builder.h"
#include "cluster/topology_parser.h"
#include "resp/reply_tree.h"
#include "unit/cluster/resp_text.h"

namespace slotway::cluster {

namespace {

const Endpoint kAsked{"10.0.0.1", 7000};

std::vector<std::string> idle(std::string_view reply) {
  std::vector<std::string> found;
  for (const Node& node : parse_idle_primaries(reply, kAsked)) {
    found.push_back(node.id + "=" + to_string(node.endpoint));
  }
  return found;
}
using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("primaries without slots are found in what CLUSTER NODES says") {
  CHECK(idle("a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460\n"
             "b2 10.0.0.2:7001@17001 master - 0 1700000000000 0 connected\n"
             "c3 10.0.0.3:7002@17002 slave a1 0 1700000000000 1 connected\n") ==
        Found{"b2=10.0.0.2:7001"});
}

TEST_CASE("a primary that only imports slots owns none yet") {
  CHECK(idle("b2 10.0.0.2:7001@17001 myself,master - 0 0 0 connected [5461-<-a1]\n") ==
        Found{"b2=10.0.0.2:7001"});
}

TEST_CASE("nodes that have failed or are no members yet are left out") {
  for (const std::string flags :
       {"master,fail", "master,fail?", "handshake", "master,noaddr", "slave", "noflags", ""}) {
    CAPTURE(flags);
    CHECK(idle("b2 10.0.0.2:7001@17001 " + flags + " - 0 0 0 connected\n").empty());
  }
}

TEST_CASE("all ways to write an address are understood") {
  CHECK(idle("a :7000@17000 myself,master - 0 0 0 connected\r\n") == Found{"a=10.0.0.1:7000"});
  CHECK(idle("a 10.0.0.9:7000 master - 0 0 0 connected\n") == Found{"a=10.0.0.9:7000"});
  CHECK(idle("a ::1:7000@17000 master - 0 0 0 connected\n") == Found{"a=[::1]:7000"});
  const auto named = parse_idle_primaries(
      "a 10.0.0.9:7000@17000,name.example,shard-id=ff master - 0 0 0 connected", kAsked);
  REQUIRE(named.size() == 1);
  CHECK(named[0].metadata_value("hostname") == "name.example");
  CHECK(named[0].endpoint == Endpoint{"10.0.0.9", 7000});
}

TEST_CASE("lines that cannot be understood name no node") {
  for (const std::string_view line :
       {"", "\n", "a", "a b", "a b master", "a 10.0.0.2 master - 0 0 0 connected",
        "a 10.0.0.2:0@1 master - 0 0 0 connected", "a 10.0.0.2:99999 master - 0 0 0 connected",
        "a 10 0 0 2:7000 master - 0 0 0 connected"}) {
    CAPTURE(line);
    CHECK(idle(line).empty());
  }
}

TEST_CASE("nodes without slots join the map, unless they contradict it") {
  using text::array;
  using text::bulk;
  using text::integer;
  const std::string id(40, 'a');
  const auto tree = resp::ReplyTree::parse(array(
      {array({integer(0), integer(16383), array({bulk("10.0.0.1"), integer(7000), bulk(id)})})}));
  REQUIRE(tree.has_value());
  const std::vector<Node> others{{.endpoint = {"10.0.0.2", 7001}, .id = "new"},
                                 {.endpoint = {"10.0.0.1", 7000}, .id = "same address"},
                                 {.endpoint = {"10.0.0.3", 7002}, .id = id},
                                 {.endpoint = {"no host", 7003}, .id = "bad"}};
  const auto map = parse_cluster_slots(tree->root(), kAsked, others);
  REQUIRE(map.has_value());
  REQUIRE(map->nodes().size() == 2);
  CHECK(map->find({"10.0.0.2", 7001}) != kNoNode);
  CHECK(map->primaries().size() == 2);
  CHECK(map->shards().size() == 1);
}

TEST_CASE("a node is found by every address the cluster has told of it") {
  SlotMapBuilder builder;
  REQUIRE(builder
              .add_node({.endpoint = {"10.0.0.1", 7000},
                         .metadata = {{"hostname", "one.example"}, {"ip", "192.168.0.1"}}})
              .has_value());
  REQUIRE(builder.assign(0, 16383, NodeIndex{0}).has_value());
  const auto map = std::move(builder).build();
  REQUIRE(map.has_value());
  CHECK(map->find_by_any_address({"10.0.0.1", 7000}) == NodeIndex{0});
  CHECK(map->find_by_any_address({"one.example", 7000}) == NodeIndex{0});
  CHECK(map->find_by_any_address({"192.168.0.1", 7000}) == NodeIndex{0});
  CHECK(map->find_by_any_address({"one.example", 7001}) == kNoNode);
  CHECK(map->find_by_any_address({"two.example", 7000}) == kNoNode);
  CHECK(map->find_by_any_address({"", 7000}) == kNoNode);
}

}  // namespace slotway::cluster
