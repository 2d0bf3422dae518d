#include <fmt/format.h>

#include <utility>

#include "cluster/claimed_node.h"
#include "cluster/quoted.h"
#include "cluster/slot_map_builder.h"
#include "cluster/topology_parser.h"

namespace slotway::cluster {
namespace {

using resp::ReplyNode;

// Positions within an entry and within a node of it.
constexpr std::size_t kFirstSlot = 0;
constexpr std::size_t kLastSlot = 1;
constexpr std::size_t kPrimary = 2;
constexpr std::size_t kHost = 0;
constexpr std::size_t kPort = 1;
constexpr std::size_t kId = 2;
constexpr std::size_t kMetadata = 3;

std::expected<ClaimedNode, std::string> parse_node(ReplyNode fields, const Endpoint& asked) {
  if (fields.size() <= kPort) return std::unexpected(std::string("a node is no [host, port]"));
  ClaimedNode claimed;
  if (const Parsed port = read_port(fields[kPort], claimed); !port) {
    return std::unexpected(port.error());
  }
  if (fields.size() > kId) {
    if (const Parsed id = read_id(fields[kId], claimed); !id) return std::unexpected(id.error());
  }
  if (fields.size() > kMetadata) {
    const ReplyNode pairs = fields[kMetadata];
    for (std::size_t index = 0; index + 1 < pairs.size(); index += 2) {
      keep_metadata(pairs[index], pairs[index + 1], claimed);
    }
  }
  const ReplyNode host = fields[kHost];
  if (!host.is_nil() && !host.is_string()) {
    return std::unexpected(std::string("a host is no string"));
  }
  const auto announced = host.is_nil() ? std::nullopt : std::optional(host.text());
  auto resolved = resolve_host(announced, claimed.node.metadata_value("ip"), asked.host);
  if (!resolved) return std::unexpected(std::move(resolved.error()));
  claimed.node.endpoint.host = std::move(*resolved);
  return claimed;
}

Parsed parse_replicas(ReplyNode entry, NodeIndex primary, const Endpoint& asked,
                      SlotMapBuilder& builder) {
  for (std::size_t index = kPrimary + 1; index < entry.size(); ++index) {
    // Should a later version append fields to an entry, they are unlikely to look like a node.
    if (!entry[index].is_array()) continue;
    auto replica = parse_node(entry[index], asked);
    if (!replica) return std::unexpected(std::move(replica.error()));
    if (!replica->reachable) continue;
    replica->node.role = Role::replica;
    replica->node.primary = primary;
    const auto added = add_or_find(builder, replica->node);
    if (!added) return std::unexpected(added.error());
  }
  return {};
}

Parsed parse_entry(ReplyNode entry, const Endpoint& asked, SlotMapBuilder& builder) {
  if (entry.size() <= kPrimary) {
    return std::unexpected(std::string("not a range of slots with its nodes"));
  }
  if (!entry[kFirstSlot].is_integer() || !entry[kLastSlot].is_integer()) {
    return std::unexpected(std::string("a slot is no integer"));
  }
  auto primary = parse_node(entry[kPrimary], asked);
  if (!primary) return std::unexpected(std::move(primary.error()));
  if (!primary->reachable) return {};
  const auto owner = add_or_find(builder, primary->node);
  if (!owner) return std::unexpected(owner.error());
  if (const Parsed assigned =
          builder.assign(entry[kFirstSlot].integer(), entry[kLastSlot].integer(), *owner);
      !assigned) {
    return assigned;
  }
  return parse_replicas(entry, *owner, asked, builder);
}

}  // namespace

std::expected<SlotMap, std::string> parse_cluster_slots(ReplyNode reply, const Endpoint& asked,
                                                        std::span<const Node> others) {
  if (reply.is_error()) {
    return std::unexpected(fmt::format("CLUSTER SLOTS answered {}", quoted(reply.text())));
  }
  if (!reply.is_array()) return std::unexpected(std::string("CLUSTER SLOTS answered no array"));
  SlotMapBuilder builder;
  for (std::size_t index = 0; index < reply.size(); ++index) {
    if (const Parsed entry = parse_entry(reply[index], asked, builder); !entry) {
      return std::unexpected(fmt::format("entry {} of CLUSTER SLOTS: {}", index, entry.error()));
    }
  }
  for (const Node& other : others) {
    // Of two claims about an address or an id, that of the slots counts.
    static_cast<void>(builder.add_node(other));
  }
  auto map = std::move(builder).build();
  if (!map) return std::unexpected(fmt::format("CLUSTER SLOTS: {}", map.error()));
  return map;
}

}  // namespace slotway::cluster
