#include <doctest/doctest.h>

#include <string>

#include "cluster/topology_parser.h"
#include "unit/cluster/captured_replies.h"
#include "unit/cluster/resp_text.h"

namespace slotway::cluster {

using resp::ReplyTree;
using text::array;
using text::bulk;
using text::integer;
using text::kNull;
using text::shard;
using text::shards_node;

namespace {

const Endpoint kAsked{"asked.example.com", 17105};

std::expected<SlotMap, std::string> parse(std::string_view bytes,
                                          Transport transport = Transport::tcp) {
  const auto tree = ReplyTree::parse(bytes);
  REQUIRE(tree.has_value());
  return parse_cluster_shards(tree->root(), kAsked, transport);
}

std::string error_of(const std::string& bytes) {
  const auto map = parse(bytes);
  return map ? std::string() : map.error();
}

Endpoint owner_endpoint(const SlotMap& map, std::int64_t slot) {
  return map.node(map.owner(*Slot::from_number(slot))).endpoint;
}

const std::string kAllSlots = array({integer(0), integer(16383)});

}  // namespace

TEST_CASE("CLUSTER SHARDS tells the health of every node") {
  const auto map = parse(captured::kShardsLoading);
  REQUIRE(map.has_value());
  CHECK(map->complete());
  CHECK(map->nodes().size() == 6);
  const NodeIndex owner = map->owner(Slot::constant(0));
  CHECK(map->node(owner).endpoint == Endpoint{"127.0.0.1", 17105});
  CHECK(map->node(owner).health == Health::online);
  REQUIRE(map->replicas_of(owner).size() == 1);
  CHECK(map->node(map->replicas_of(owner)[0]).health == Health::loading);
}

TEST_CASE("the two replies describe the same slots") {
  const auto slots_of = [](std::string_view bytes) {
    const auto tree = ReplyTree::parse(bytes);
    return parse_cluster_slots(tree->root(), kAsked).value();
  };
  const std::pair<std::string_view, std::string_view> pairs[] = {
      {captured::kSlotsHostnames, captured::kShardsHostnames},
      {captured::kSlotsPreferHostname, captured::kShardsPreferHostname},
      {captured::kSlotsUnknownEndpoint, captured::kShardsUnknownEndpoint},
      {captured::kSlotsResharded, captured::kShardsResharded},
      {captured::kSlotsOwnAddressUnknown, captured::kShardsOwnAddressUnknown},
      {captured::kSlotsIpv6, captured::kShardsIpv6}};
  for (const auto& [slots, shards] : pairs) {
    const SlotMap left = slots_of(slots);
    const SlotMap right = parse(shards).value();
    REQUIRE(left.nodes().size() == right.nodes().size());
    for (int number = 0; number < 16384; ++number) {
      REQUIRE(owner_endpoint(left, number) == owner_endpoint(right, number));
    }
  }
}

TEST_CASE("a failed primary without slots is kept, its replica owns the slots") {
  const auto map = parse(captured::kShardsFailedOver);
  REQUIRE(map.has_value());
  CHECK(map->complete());
  CHECK(owner_endpoint(*map, 5461) == Endpoint{"127.0.0.1", 17109});
  const NodeIndex failed = map->find({"127.0.0.1", 17106});
  REQUIRE(failed != kNoNode);
  CHECK(map->node(failed).health == Health::failed);
  CHECK(map->primaries().size() == 4);
  CHECK(map->shards().size() == 3);
}

TEST_CASE("a lone node without slots is no cluster") {
  CHECK(error_of(std::string(captured::kShardsAlone)) ==
        "CLUSTER SHARDS: no slot is assigned to any node");
}

TEST_CASE("Valkey 9 adds shard ids and availability zones") {
  const std::string node = array(
      {bulk("id"), bulk("n1"), bulk("port"), integer(6379), bulk("ip"), bulk("10.0.0.1"),
       bulk("endpoint"), bulk("10.0.0.1"), bulk("role"), bulk("master"), bulk("replication-offset"),
       integer(126), bulk("health"), bulk("online"), bulk("availability-zone"), bulk("zone-b")});
  const auto map = parse(array({array(
      {bulk("slots"), kAllSlots, bulk("nodes"), array({node}), bulk("id"), bulk("cd7688ca")})}));
  REQUIRE(map.has_value());
  CHECK(map->nodes()[0].metadata_value("availability-zone") == "zone-b");
}

TEST_CASE("the primary may stand anywhere and be called primary or master") {
  for (const char* role : {"master", "primary"}) {
    for (const char* other : {"replica", "slave"}) {
      const auto map =
          parse(array({shard(kAllSlots, array({shards_node("r", "r", 1, other, "online"),
                                               shards_node("p", "p", 1, role, "online")}))}));
      REQUIRE(map.has_value());
      CHECK(owner_endpoint(*map, 0) == Endpoint{"p", 1});
      CHECK(map->replicas_of(map->owner(Slot::constant(0))).size() == 1);
    }
  }
}

TEST_CASE("of two primaries of a shard the first that has not failed owns the slots") {
  const auto map =
      parse(array({shard(kAllSlots, array({shards_node("old", "old", 1, "master", "fail"),
                                           shards_node("new", "new", 1, "master", "online"),
                                           shards_node("r", "r", 1, "replica", "online")}))}));
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"new", 1});
  CHECK(map->primaries().size() == 2);
  CHECK(map->replicas_of(map->owner(Slot::constant(0))).size() == 1);
}

TEST_CASE("a failed primary that nobody has replaced still owns its slots") {
  const auto map =
      parse(array({shard(kAllSlots, array({shards_node("r", "r", 1, "replica", "online"),
                                           shards_node("p", "p", 1, "master", "fail")}))}));
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"p", 1});
  CHECK(map->node(map->owner(Slot::constant(0))).health == Health::failed);
}

TEST_CASE("a shard of 7.2 whose failed primary hides its slots leaves a gap") {
  const auto map =
      parse(array({shard(array({}), array({shards_node("old", "old", 1, "master", "fail"),
                                           shards_node("new", "new", 1, "master", "online")})),
                   shard(array({integer(0), integer(99)}),
                         array({shards_node("b", "b", 1, "master", "online")}))}));
  REQUIRE(map.has_value());
  CHECK(map->covered_slots() == 100);
}

TEST_CASE("a failed node whose address another one has taken over is left out") {
  const std::string taken = shard(array({}), array({shards_node("old", "a", 1, "master", "fail")}));
  const std::string twice =
      shard(array({}), array({shards_node("older", "a", 1, "master", "fail")}));
  const std::string alive =
      shard(kAllSlots, array({shards_node("new", "a", 1, "master", "online")}));
  for (const std::string& reply : {array({taken, twice, alive}), array({alive, taken, twice})}) {
    const auto map = parse(reply);
    REQUIRE(map.has_value());
    REQUIRE(map->nodes().size() == 1);
    CHECK(map->nodes()[0].id == "new");
  }
}

TEST_CASE("two failed nodes of one address count once") {
  const auto map =
      parse(array({shard(kAllSlots, array({shards_node("p", "p", 1, "master", "online"),
                                           shards_node("r1", "r", 1, "replica", "fail"),
                                           shards_node("r2", "r", 1, "replica", "fail")}))}));
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 2);
}

TEST_CASE("a node without a port is left out, with the slots it owns") {
  const std::string lost =
      array({bulk("id"), bulk("x"), bulk("ip"), bulk(""), bulk("endpoint"), bulk(""), bulk("role"),
             bulk("master"), bulk("health"), bulk("fail")});
  const auto map = parse(array({shard(array({integer(0), integer(9)}), array({lost})),
                                shard(array({integer(10), integer(16383)}),
                                      array({shards_node("b", "b", 1, "master", "online")}))}));
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 1);
  CHECK(map->covered_slots() == 16374);
}

TEST_CASE("the TLS port is taken when TLS is spoken") {
  const std::string node =
      array({bulk("id"), bulk("n1"), bulk("port"), integer(6379), bulk("tls-port"), integer(6380),
             bulk("ip"), bulk("10.0.0.1"), bulk("endpoint"), bulk("10.0.0.1"), bulk("role"),
             bulk("master"), bulk("health"), bulk("online")});
  const std::string reply = array({shard(kAllSlots, array({node}))});
  CHECK(owner_endpoint(parse(reply, Transport::tcp).value(), 0) == Endpoint{"10.0.0.1", 6379});
  CHECK(owner_endpoint(parse(reply, Transport::tls).value(), 0) == Endpoint{"10.0.0.1", 6380});
}

TEST_CASE("a null or missing endpoint is resolved like an empty one") {
  const std::string with_null =
      array({bulk("id"), bulk("n"), bulk("port"), integer(1), bulk("ip"), bulk("10.0.0.1"),
             bulk("endpoint"), kNull, bulk("role"), bulk("master")});
  CHECK(owner_endpoint(parse(array({shard(kAllSlots, array({with_null}))})).value(), 0) ==
        Endpoint{"asked.example.com", 1});
  const std::string without = array({bulk("id"), bulk("n"), bulk("port"), integer(1), bulk("ip"),
                                     bulk("10.0.0.1"), bulk("role"), bulk("master")});
  CHECK(owner_endpoint(parse(array({shard(kAllSlots, array({without}))})).value(), 0) ==
        Endpoint{"10.0.0.1", 1});
}

TEST_CASE("nodes of a shard without a primary and without slots are left out") {
  const auto map =
      parse(array({shard(array({}), array({shards_node("r", "r", 1, "replica", "online")})),
                   shard(kAllSlots, array({shards_node("p", "p", 1, "master", "online")}))}));
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 1);
}

TEST_CASE("a replication offset does not change the layout") {
  const auto with_offset = [](int offset) {
    const std::string node =
        array({bulk("id"), bulk("n"), bulk("port"), integer(1), bulk("endpoint"), bulk("h"),
               bulk("role"), bulk("master"), bulk("replication-offset"), integer(offset)});
    return parse(array({shard(kAllSlots, array({node}))})).value();
  };
  CHECK(with_offset(1).same_layout(with_offset(2)));
}

TEST_CASE("shards of a wrong shape are refused") {
  const std::string at = "shard 0 of CLUSTER SHARDS: ";
  const std::string node = shards_node("a", "a", 1, "master", "online");
  const std::string nodes = array({node});
  CHECK(error_of("+OK\r\n") == "CLUSTER SHARDS answered no array");
  CHECK(error_of("-ERR unknown subcommand 'SHARDS'\r\n") ==
        "CLUSTER SHARDS answered \"ERR unknown subcommand 'SHARDS'\"");
  CHECK(error_of(array({})) == "CLUSTER SHARDS: no node is listed");
  CHECK(error_of(array({integer(1)})) == at + "slots or nodes are missing");
  CHECK(error_of(array({array({bulk("slots"), kAllSlots})})) == at + "slots or nodes are missing");
  CHECK(error_of(array({array({bulk("nodes"), nodes})})) == at + "slots or nodes are missing");
  CHECK(error_of(array({array({bulk("slots"), kAllSlots, bulk("nodes"), bulk("x")})})) ==
        at + "slots or nodes are missing");
  CHECK(error_of(array({shard(array({integer(0)}), nodes)})) == at + "slots are no list of pairs");
  CHECK(error_of(array({shard(integer(0), nodes)})) == at + "slots are no list of pairs");
  CHECK(error_of(array({shard(array({bulk("0"), bulk("1")}), nodes)})) ==
        at + "a slot is no integer");
  CHECK(error_of(array({shard(array({integer(-5), integer(1)}), nodes)})) ==
        at + "slots -5-1 are not within 0-16383");
  CHECK(error_of(array({shard(kAllSlots, array({bulk("x")}))})) == at + "a node has no role");
  CHECK(error_of(array({shard(kAllSlots, array({}))})) == at + "slots without a primary");
  CHECK(
      error_of(array({shard(kAllSlots, array({shards_node("a", "a", 1, "replica", "online")}))})) ==
      at + "slots without a primary");
  CHECK(error_of(array({shard(kAllSlots, array({shards_node("a", "a", 1, "boss", "online")}))})) ==
        at + "\"boss\" is no role of a node");
  CHECK(error_of(
            array({shard(kAllSlots, array({shards_node("a", "a", 70000, "master", "online")}))})) ==
        at + "70000 is no port");
  CHECK(error_of(array({shard(kAllSlots, array({node, node}))})) ==
        at + "two nodes claim the address a:1");
  CHECK(
      error_of(array({shard(kAllSlots, nodes),
                      shard(kAllSlots, array({shards_node("b", "b", 1, "master", "online")}))})) ==
      "shard 1 of CLUSTER SHARDS: slot 0 belongs to both a:1 and b:1");
}

}  // namespace slotway::cluster
