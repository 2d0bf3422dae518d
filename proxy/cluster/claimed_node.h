#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/slot_map.h"
#include "cluster/slot_map_builder.h"
#include "resp/reply_tree.h"

namespace slotway::cluster {

/// A node as a topology reply describes it, before anything is decided: what CLUSTER SLOTS and
/// CLUSTER SHARDS have in common. topology_parser.h states the rules.
struct ClaimedNode {
  Node node;              ///< its role may be unknown as yet, its primary always is
  bool reachable = true;  ///< false if the cluster knows no port of it
};

using Parsed = std::expected<void, std::string>;

/// The host to connect to, given the one announced (nullopt: null), the "ip" beside it, and the
/// host of the node that was asked. The error says that the announced one can be no host.
[[nodiscard]] std::expected<std::string, std::string> resolve_host(
    std::optional<std::string_view> announced, std::string_view ip, std::string_view host_asked);

/// Sets port and reachable from an integer field; 0 means "no port".
[[nodiscard]] Parsed read_port(resp::ReplyNode field, ClaimedNode& claimed);

/// Sets the id from a string field.
[[nodiscard]] Parsed read_id(resp::ReplyNode field, ClaimedNode& claimed);

/// Keeps a name and a value, if both are strings of sensible size; anything else is of no use to
/// us.
void keep_metadata(resp::ReplyNode name, resp::ReplyNode value, ClaimedNode& claimed);

/// Adds the node, or finds it if it was added before: a node appears in an entry for each of its
/// ranges. The error says how the two appearances contradict each other.
[[nodiscard]] std::expected<NodeIndex, std::string> add_or_find(SlotMapBuilder& builder,
                                                                const Node& node);

}  // namespace slotway::cluster
