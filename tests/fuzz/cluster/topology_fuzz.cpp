// Whatever a node says of its cluster, the map made of it is consistent, or there is none.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "cluster/cluster_info.h"
#include "cluster/own_slots.h"
#include "cluster/redirect.h"
#include "cluster/topology_parser.h"
#include "fuzz/fuzz_input.h"
#include "resp/reply_tree.h"
#include "support/expect.h"

namespace {

using namespace slotway::cluster;
using slotway::test::expect;

const Endpoint kAsked{"10.0.0.1", 7000};

void check_node(const Node& node) {
  expect(is_host(node.endpoint.host), "a node has a host");
  expect(node.endpoint.port != 0, "a node has a port");
}

void check(const std::expected<SlotMap, std::string>& map) {
  if (!map) {
    expect(!map.error().empty(), "a refusal says why");
    return;
  }
  std::size_t covered = 0;
  for (const SlotRange& range : map->ranges()) {
    expect(range.first <= range.last, "a range has slots");
    expect(map->owner(range.first) == range.owner, "of its owner");
    expect(map->node(range.owner).role == Role::primary, "who is a primary");
    covered += range.last.value() - range.first.value() + 1U;
  }
  expect(covered == map->covered_slots() && covered > 0, "the ranges are all that is covered");
  for (const Node& node : map->nodes()) {
    check_node(node);
    expect(map->find_by_any_address(node.endpoint) != kNoNode, "each node is found");
    if (node.role == Role::replica) {
      expect(map->node(node.primary).role == Role::primary, "a replica follows a primary");
    }
  }
  expect(map->same_layout(*map), "a map is like itself");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slotway::test::FuzzInput input(data, size);
  const std::size_t kind = input.below(4);
  const std::string_view text = input.rest();
  const auto idle = parse_idle_primaries(text, kAsked);
  for (const Node& node : idle) check_node(node);
  if (kind < 2) {
    const auto tree = slotway::resp::ReplyTree::parse(text);
    if (!tree) return 0;
    if (kind == 0) check(parse_cluster_slots(tree->root(), kAsked, idle));
    if (kind == 1) check(parse_cluster_shards(tree->root(), kAsked));
  } else if (kind == 2) {
    if (const auto redirection = parse_redirection(text, kAsked.host)) {
      check_node({.endpoint = redirection->target});
    }
    static_cast<void>(parse_cluster_info(text));
  } else if (const auto own = parse_own_slots(text)) {
    std::size_t owned = 0;
    for (std::int64_t number = 0; number < static_cast<std::int64_t>(kSlotCount); ++number) {
      const Slot slot = *Slot::from_number(number);
      owned += own->owns(slot) ? 1 : 0;
      if (own->is_settled(slot)) expect(own->end_of_run(slot) >= slot, "a run ends behind itself");
    }
    expect(owned == own->owned(), "slots are counted once");
  }
  return 0;
}
