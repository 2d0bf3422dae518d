#include "cluster/slot_map.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cluster/slot_map_builder.h"

using slotway::cluster::Health;
using slotway::cluster::kNoNode;
using slotway::cluster::kSlotCount;
using slotway::cluster::Node;
using slotway::cluster::NodeIndex;
using slotway::cluster::Role;
using slotway::cluster::Slot;
using slotway::cluster::SlotMap;
using slotway::cluster::SlotMapBuilder;
using slotway::cluster::SlotRange;

namespace {

Node primary(const std::string& host, const std::string& id = "") {
  return {.endpoint = {host, 6379}, .id = id};
}

Node replica(const std::string& host, NodeIndex of) {
  return {.endpoint = {host, 6379}, .role = Role::replica, .primary = of};
}

/// Three primaries a, b, c with a third of the slots each, and a replica ra of a.
SlotMap three_shards(const std::vector<std::string>& order = {"a", "b", "c"}) {
  SlotMapBuilder builder;
  for (const std::string& host : order) {
    const NodeIndex index = builder.add_node(primary(host)).value();
    if (host == "a") REQUIRE(builder.assign(0, 5460, index));
    if (host == "b") REQUIRE(builder.assign(5461, 10922, index));
    if (host == "c") REQUIRE(builder.assign(10923, 16383, index));
  }
  REQUIRE(builder.add_node(replica("ra", builder.find({"a", 6379}))));
  return std::move(builder).build().value();
}

std::string error_of_assign(SlotMapBuilder& builder, std::int64_t first, std::int64_t last,
                            NodeIndex owner) {
  const auto result = builder.assign(first, last, owner);
  return result ? std::string() : result.error();
}

}  // namespace

TEST_CASE("every slot has the owner it was assigned to") {
  const SlotMap map = three_shards();
  CHECK(map.complete());
  CHECK(map.covered_slots() == kSlotCount);
  for (int number = 0; number < 16384; ++number) {
    const std::string expected = number <= 5460 ? "a" : number <= 10922 ? "b" : "c";
    REQUIRE(map.node(map.owner(*Slot::from_number(number))).endpoint.host == expected);
  }
}

TEST_CASE("primaries, shards and replicas are listed") {
  const SlotMap map = three_shards({"c", "a", "b"});
  CHECK(map.nodes().size() == 4);
  CHECK(map.primaries().size() == 3);
  REQUIRE(map.shards().size() == 3);
  CHECK(map.node(map.shards()[0]).endpoint.host == "a");  // by first slot
  CHECK(map.node(map.shards()[2]).endpoint.host == "c");
  const NodeIndex a = map.find({"a", 6379});
  REQUIRE(map.replicas_of(a).size() == 1);
  CHECK(map.node(map.replicas_of(a)[0]).endpoint.host == "ra");
  CHECK(map.replicas_of(map.find({"b", 6379})).empty());
  CHECK(map.find({"a", 6380}) == kNoNode);
}

TEST_CASE("gaps are legal and reported") {
  SlotMapBuilder builder;
  const NodeIndex a = builder.add_node(primary("a")).value();
  const NodeIndex empty = builder.add_node(primary("empty")).value();
  REQUIRE(builder.assign(10, 19, a));
  REQUIRE(builder.assign(16383, 16383, a));
  const SlotMap map = std::move(builder).build().value();
  CHECK_FALSE(map.complete());
  CHECK(map.covered_slots() == 11);
  CHECK(map.owner(Slot::constant(9)) == kNoNode);
  CHECK(map.owner(Slot::constant(10)) == a);
  CHECK(map.owner(Slot::constant(20)) == kNoNode);
  CHECK(map.primaries().size() == 2);
  REQUIRE(map.shards().size() == 1);
  CHECK(map.shards()[0] != empty);
  REQUIRE(map.ranges().size() == 2);
  CHECK(map.ranges()[0] == SlotRange{Slot::constant(10), Slot::constant(19), a});
  CHECK(map.ranges()[1] == SlotRange{Slot::constant(16383), Slot::constant(16383), a});
}

TEST_CASE("adjacent ranges of one owner become one, and those of two owners stay two") {
  SlotMapBuilder builder;
  const NodeIndex a = builder.add_node(primary("a")).value();
  const NodeIndex b = builder.add_node(primary("b")).value();
  REQUIRE(builder.assign(100, 199, a));
  REQUIRE(builder.assign(0, 99, a));
  REQUIRE(builder.assign(200, 200, b));
  REQUIRE(builder.assign(50, 150, a));  // said twice
  const SlotMap map = std::move(builder).build().value();
  REQUIRE(map.ranges().size() == 2);
  CHECK(map.ranges()[0] == SlotRange{Slot::constant(0), Slot::constant(199), a});
  CHECK(map.ranges()[1] == SlotRange{Slot::constant(200), Slot::constant(200), b});
}

TEST_CASE("impossible slots are refused") {
  SlotMapBuilder builder;
  const NodeIndex a = builder.add_node(primary("a")).value();
  const NodeIndex b = builder.add_node(primary("b")).value();
  const NodeIndex r = builder.add_node(replica("r", a)).value();
  CHECK(error_of_assign(builder, -1, 5, a) == "slots -1-5 are not within 0-16383");
  CHECK(error_of_assign(builder, 0, 16384, a) == "slots 0-16384 are not within 0-16383");
  CHECK(error_of_assign(builder, 5, 4, a) == "slots 5-4 end before they begin");
  CHECK(error_of_assign(builder, 0, 1, r) == "slots 0-1 are given to no primary");
  CHECK(error_of_assign(builder, 0, 1, kNoNode) == "slots 0-1 are given to no primary");
  REQUIRE(builder.assign(0, 100, a));
  CHECK(error_of_assign(builder, 100, 200, b) == "slot 100 belongs to both a:6379 and b:6379");
}

TEST_CASE("a flood of claims is refused before it costs time") {
  SlotMapBuilder builder;
  const NodeIndex a = builder.add_node(primary("a")).value();
  for (std::size_t claim = 0; claim < kSlotCount; ++claim) REQUIRE(builder.assign(0, 1, a));
  CHECK(error_of_assign(builder, 0, 1, a) == "more slot ranges than slots");
}

TEST_CASE("impossible nodes are refused") {
  SlotMapBuilder builder;
  const NodeIndex a = builder.add_node(primary("a", "id-1")).value();
  const NodeIndex r = builder.add_node(replica("r", a)).value();
  CHECK(builder.add_node(primary("a", "id-2")).error() == "two nodes claim the address a:6379");
  CHECK(builder.add_node(primary("b", "id-1")).error() == "two nodes claim the id \"id-1\"");
  CHECK(builder.add_node(primary("")).error() == "\"\" is no host name");
  CHECK(builder.add_node(primary("?")).error() == "\"?\" is no host name");
  CHECK(builder.add_node({.endpoint = {"c", 0}}).error() == "node c:0 has no port");
  CHECK(builder.add_node(replica("d", kNoNode)).error() ==
        "replica d:6379 follows no known primary");
  CHECK(builder.add_node(replica("d", r)).error() == "replica d:6379 follows no known primary");
}

TEST_CASE("a map has at most ten thousand nodes") {
  SlotMapBuilder builder;
  for (std::size_t count = 0; count < SlotMapBuilder::kMaxNodes; ++count) {
    REQUIRE(builder.add_node(primary("n" + std::to_string(count))));
  }
  CHECK(builder.add_node(primary("last")).error() == "more than 10000 nodes");
}

TEST_CASE("a map without nodes or without slots is refused") {
  CHECK(SlotMapBuilder().build().error() == "no node is listed");
  SlotMapBuilder builder;
  REQUIRE(builder.add_node(primary("a")));
  CHECK(std::move(builder).build().error() == "no slot is assigned to any node");
}

TEST_CASE("the order of nodes and the version make no difference to the layout") {
  SlotMap left = three_shards({"a", "b", "c"});
  SlotMap right = three_shards({"c", "b", "a"});
  left.set_version(1);
  right.set_version(2);
  CHECK(left.same_layout(right));
  CHECK(right.same_layout(left));
  CHECK(left.same_layout(left));
  CHECK(left.version() == 1);
}

TEST_CASE("each difference makes another layout") {
  struct Variation {
    std::string host_b = "b";
    std::string id_b = "id-b";
    std::int64_t last_of_a = 5460;
    bool replica_of_b = false;
    bool has_replica = true;
    Health health = Health::online;
    std::string zone = "z1";
  };
  const auto build = [](const Variation& variation) {
    SlotMapBuilder builder;
    const NodeIndex a = builder.add_node(primary("a", "id-a")).value();
    Node node_b = primary(variation.host_b, variation.id_b);
    node_b.health = variation.health;
    node_b.metadata = {{"availability-zone", variation.zone}};
    const NodeIndex b = builder.add_node(node_b).value();
    if (variation.has_replica) {
      REQUIRE(builder.add_node(replica("r", variation.replica_of_b ? b : a)));
    }
    REQUIRE(builder.assign(0, variation.last_of_a, a));
    REQUIRE(builder.assign(variation.last_of_a + 1, 16383, b));
    return std::move(builder).build().value();
  };
  const SlotMap base = build({});
  CHECK(base.same_layout(build({})));
  for (const Variation& variation :
       {Variation{.host_b = "b2"}, Variation{.id_b = "id-c"}, Variation{.last_of_a = 5461},
        Variation{.replica_of_b = true}, Variation{.has_replica = false},
        Variation{.health = Health::failed}, Variation{.zone = "z2"}}) {
    CHECK_FALSE(base.same_layout(build(variation)));
    CHECK_FALSE(build(variation).same_layout(base));
  }
}

TEST_CASE("two maps of the same ranges with swapped owners differ") {
  const auto build = [](bool swapped) {
    SlotMapBuilder builder;
    const NodeIndex a = builder.add_node(primary("a")).value();
    const NodeIndex b = builder.add_node(primary("b")).value();
    REQUIRE(builder.assign(0, 8191, swapped ? b : a));
    REQUIRE(builder.assign(8192, 16383, swapped ? a : b));
    return std::move(builder).build().value();
  };
  CHECK_FALSE(build(false).same_layout(build(true)));
}

TEST_CASE("metadata is found by name") {
  const Node node{.endpoint = {"a", 1},
                  .metadata = {{"availability-zone", "z1"}, {"ip", "1.1.1.1"}}};
  CHECK(node.metadata_value("ip") == "1.1.1.1");
  CHECK(node.metadata_value("availability-zone") == "z1");
  CHECK(node.metadata_value("hostname").empty());
}
