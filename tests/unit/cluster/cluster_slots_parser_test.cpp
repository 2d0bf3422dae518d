#include <doctest/doctest.h>

#include <random>
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
using text::slots_node;

namespace {

const Endpoint kAsked{"asked.example.com", 17105};

std::expected<SlotMap, std::string> parse(std::string_view bytes) {
  const auto tree = ReplyTree::parse(bytes);
  REQUIRE(tree.has_value());
  return parse_cluster_slots(tree->root(), kAsked);
}

std::string error_of(const std::string& bytes) {
  const auto map = parse(bytes);
  return map ? std::string() : map.error();
}

Endpoint owner_endpoint(const SlotMap& map, std::int64_t slot) {
  return map.node(map.owner(*Slot::from_number(slot))).endpoint;
}

std::string whole_range(const std::string& node) {
  return array({array({integer(0), integer(16383), node})});
}

}  // namespace

TEST_CASE("CLUSTER SLOTS of a young cluster has primaries only") {
  const auto map = parse(captured::kSlotsLoading);
  REQUIRE(map.has_value());
  CHECK(map->complete());
  CHECK(map->nodes().size() == 3);
  CHECK(owner_endpoint(*map, 0) == Endpoint{"127.0.0.1", 17105});
  CHECK(owner_endpoint(*map, 5461) == Endpoint{"127.0.0.1", 17106});
  CHECK(owner_endpoint(*map, 16383) == Endpoint{"127.0.0.1", 17107});
}

TEST_CASE("CLUSTER SLOTS names replicas, ids and host names") {
  const auto map = parse(captured::kSlotsHostnames);
  REQUIRE(map.has_value());
  CHECK(map->complete());
  CHECK(map->nodes().size() == 6);
  const NodeIndex owner = map->owner(Slot::constant(0));
  CHECK(map->node(owner).id == "12b9106035b0edb1c13cb307f1327d6f7074c175");
  REQUIRE(map->replicas_of(owner).size() == 1);
  const Node& replica = map->node(map->replicas_of(owner)[0]);
  CHECK(replica.endpoint == Endpoint{"127.0.0.1", 17108});
  CHECK(replica.role == Role::replica);
  CHECK(replica.metadata_value("hostname") == "node-17108.example.com");
}

TEST_CASE("with preferred host names, a name that was never set gives way to the address") {
  const auto map = parse(captured::kSlotsPreferHostname);
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"127.0.0.1", 17105});
  CHECK(owner_endpoint(*map, 5461) == Endpoint{"node-17106.example.com", 17106});
}

TEST_CASE("unknown endpoints are on the host that was asked") {
  const auto map = parse(captured::kSlotsUnknownEndpoint);
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 6);
  CHECK(owner_endpoint(*map, 0) == Endpoint{"asked.example.com", 17105});
  CHECK(owner_endpoint(*map, 16383) == Endpoint{"asked.example.com", 17107});
}

TEST_CASE("a primary may have several ranges") {
  const auto map = parse(captured::kSlotsResharded);
  REQUIRE(map.has_value());
  CHECK(map->complete());
  CHECK(map->nodes().size() == 6);
  CHECK(map->ranges().size() == 4);
  CHECK(owner_endpoint(*map, 2) == Endpoint{"127.0.0.1", 17107});
  CHECK(owner_endpoint(*map, 3) == Endpoint{"127.0.0.1", 17105});
  CHECK(map->owner(Slot::constant(0)) == map->owner(Slot::constant(16383)));
  CHECK_FALSE(map->same_layout(parse(captured::kSlotsHostnames).value()));
}

TEST_CASE("a node that does not know its own address is where it was asked") {
  const auto map = parse(captured::kSlotsOwnAddressUnknown);
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"asked.example.com", 17111});
}

TEST_CASE("IPv6 addresses are taken as they are") {
  const auto map = parse(captured::kSlotsIpv6);
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"::1", 17100});
}

TEST_CASE("Redis 4 to 6 write nodes without metadata") {
  const std::string node =
      array({bulk("10.0.0.1"), integer(6379), bulk("12b9106035b0edb1c13cb307f1327d6f7074c175")});
  const auto map = parse(whole_range(node));
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"10.0.0.1", 6379});
  CHECK(map->nodes()[0].id == "12b9106035b0edb1c13cb307f1327d6f7074c175");
}

TEST_CASE("Valkey 9.1 tells the availability zone") {
  const std::string node = array({bulk("10.0.0.1"), integer(6379), bulk("id"),
                                  array({bulk("hostname"), bulk("n1.example.com"),
                                         bulk("availability-zone"), bulk("zone-a")})});
  const auto map = parse(whole_range(node));
  REQUIRE(map.has_value());
  CHECK(map->nodes()[0].metadata_value("availability-zone") == "zone-a");
  CHECK(map->nodes()[0].metadata_value("hostname") == "n1.example.com");
}

TEST_CASE("fields of versions to come are skipped") {
  const std::string node =
      array({bulk("10.0.0.1"), integer(6379), bulk("id"),
             array({bulk("weight"), integer(7), bulk("odd")}), bulk("new"), array({integer(1)})});
  const auto map = parse(array({array({integer(0), integer(16383), node, bulk("new")})}));
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 1);
  CHECK(map->nodes()[0].metadata.empty());
}

TEST_CASE("a question mark without an address beside it is the host that was asked") {
  const auto map = parse(whole_range(slots_node("?", 6379, "id")));
  REQUIRE(map.has_value());
  CHECK(owner_endpoint(*map, 0) == Endpoint{"asked.example.com", 6379});
}

TEST_CASE("a primary whose address was lost leaves a gap") {
  const auto map = parse(array({array({integer(0), integer(99), slots_node("", 0, "lost")}),
                                array({integer(100), integer(16383), slots_node("b", 1, "b"),
                                       slots_node("", 0, "lost-replica")})}));
  REQUIRE(map.has_value());
  CHECK(map->nodes().size() == 1);
  CHECK(map->covered_slots() == 16284);
  CHECK(map->owner(Slot::constant(99)) == kNoNode);
}

TEST_CASE("gaps are legal") {
  const auto map = parse(array({array({integer(5), integer(5), slots_node("a", 1, "a")})}));
  REQUIRE(map.has_value());
  CHECK(map->covered_slots() == 1);
}

TEST_CASE("a node that has joined no cluster has no map") {
  CHECK(error_of(std::string(captured::kSlotsAlone)) == "CLUSTER SLOTS: no node is listed");
}

TEST_CASE("an error reply is refused with its text") {
  CHECK(error_of("-ERR This instance has cluster support disabled\r\n") ==
        "CLUSTER SLOTS answered \"ERR This instance has cluster support disabled\"");
}

TEST_CASE("replies of a wrong shape are refused") {
  const std::string at = "entry 0 of CLUSTER SLOTS: ";
  const std::string node = slots_node("a", 1, "a");
  CHECK(error_of("+OK\r\n") == "CLUSTER SLOTS answered no array");
  CHECK(error_of("*-1\r\n") == "CLUSTER SLOTS answered no array");
  CHECK(error_of(":5\r\n") == "CLUSTER SLOTS answered no array");
  CHECK(error_of(array({integer(1)})) == at + "not a range of slots with its nodes");
  CHECK(error_of(array({array({integer(0), integer(1)})})) ==
        at + "not a range of slots with its nodes");
  CHECK(error_of(array({array({bulk("0"), integer(1), node})})) == at + "a slot is no integer");
  CHECK(error_of(array({array({integer(0), kNull, node})})) == at + "a slot is no integer");
  CHECK(error_of(whole_range(bulk("a:1"))) == at + "a node is no [host, port]");
  CHECK(error_of(whole_range(array({bulk("a")}))) == at + "a node is no [host, port]");
  CHECK(error_of(whole_range(array({integer(1), integer(1)}))) == at + "a host is no string");
  CHECK(error_of(whole_range(array({bulk("a"), bulk("1")}))) == at + "a port is no integer");
  CHECK(error_of(whole_range(array({bulk("a"), integer(1), integer(1)}))) ==
        at + "a node id is no short string");
  CHECK(error_of(whole_range(slots_node("a", 70000, "a"))) == at + "70000 is no port");
  CHECK(error_of(whole_range(slots_node("a", -1, "a"))) == at + "-1 is no port");
  CHECK(error_of(whole_range(slots_node("a\r\nb", 1, "a"))) ==
        at + "\"a\\x0d\\x0ab\" is no host name");
  CHECK(error_of(whole_range(slots_node(std::string(300, 'h'), 1, "a"))).starts_with(at + "\"hhh"));
}

TEST_CASE("impossible ranges are refused") {
  const std::string a = slots_node("a", 1, "a");
  const std::string b = slots_node("b", 1, "b");
  CHECK(error_of(array({array({integer(-1), integer(5), a})})) ==
        "entry 0 of CLUSTER SLOTS: slots -1-5 are not within 0-16383");
  CHECK(error_of(array({array({integer(0), integer(16384), a})})) ==
        "entry 0 of CLUSTER SLOTS: slots 0-16384 are not within 0-16383");
  CHECK(error_of(array({array({integer(9), integer(5), a})})) ==
        "entry 0 of CLUSTER SLOTS: slots 9-5 end before they begin");
  CHECK(error_of(array(
            {array({integer(0), integer(100), a}), array({integer(100), integer(200), b})})) ==
        "entry 1 of CLUSTER SLOTS: slot 100 belongs to both a:1 and b:1");
}

TEST_CASE("nodes that contradict each other are refused") {
  const std::string at = "entry 1 of CLUSTER SLOTS: node a:1 ";
  const std::string a = slots_node("a", 1, "a");
  const std::string b = slots_node("b", 1, "b");
  const std::string c = slots_node("c", 1, "c");
  const auto reply = [](const std::string& first, const std::string& second) {
    return array({first, second});
  };
  CHECK(error_of(reply(array({integer(0), integer(1), a}),
                       array({integer(2), integer(3), slots_node("a", 1, "other")}))) ==
        at + "appears with two ids");
  CHECK(
      error_of(reply(array({integer(0), integer(1), a}), array({integer(2), integer(3), b, a}))) ==
      at + "is both a primary and a replica");
  CHECK(error_of(
            reply(array({integer(0), integer(1), c, a}), array({integer(2), integer(3), b, a}))) ==
        at + "is a replica of two primaries");
}

TEST_CASE("random changes to a real reply never break a map's promises") {
  std::mt19937 random(11);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(captured::kSlotsHostnames);
    for (unsigned change = 0; change < 1 + random() % 3; ++change) {
      bytes[random() % bytes.size()] = "0123456789:$*-\r\n?{}x"[random() % 20];
    }
    const auto tree = ReplyTree::parse(bytes);
    if (!tree) continue;
    const auto map = parse_cluster_slots(tree->root(), kAsked);
    if (!map) {
      REQUIRE_FALSE(map.error().empty());
      continue;
    }
    ++accepted;
    for (const SlotRange& range : map->ranges()) {
      REQUIRE(range.first <= range.last);
      REQUIRE(map->node(range.owner).role == Role::primary);
    }
    for (const Node& node : map->nodes()) {
      REQUIRE(is_host(node.endpoint.host));
      REQUIRE(node.endpoint.port != 0);
      if (node.role == Role::replica) REQUIRE(map->node(node.primary).role == Role::primary);
    }
  }
  CHECK(accepted > 100);  // or the changes were too rough to test anything
}

}  // namespace slotway::cluster
