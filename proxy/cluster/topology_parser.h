#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/endpoint.h"
#include "cluster/slot_map.h"
#include "resp/reply_tree.h"

namespace slotway::cluster {

// What both parsers have in common:
//
// - A host that is null or "" stands for the host of the node that was asked (it does not know its
// own
//   address, or cluster-preferred-endpoint-type is unknown-endpoint). "?" is a host name that was
//   never set; the "ip" beside it is taken, or else the host asked.
// - A node without a port cannot be reached: the cluster lost its address. It is left out, and
// slots it
//   owns stay uncovered, so that one lost node does not keep the rest of the map from being used.
// - Fields and metadata beyond those known are skipped or kept as metadata.
// - Anything else out of place refuses the whole reply; the error says what and where. An error
// reply is
//   refused with its text.
//
// CLUSTER SLOTS is the one to trust for the slots themselves: up to Redis 7.2, CLUSTER SHARDS could
// list a shard whose failed primary comes first as owning nothing
// (github.com/redis/redis/issues/13414).

/// Reads the reply of CLUSTER SLOTS (Redis 4 to 8, all Valkeys): entries [first, last, primary,
/// replica...], each node [host, port, id, metadata].
/// https://redis.io/docs/latest/commands/cluster-slots/
///
/// `others` are nodes that reply does not list, as it lists none without slots: they become
/// primaries of the map, unless they contradict it.
[[nodiscard]] std::expected<SlotMap, std::string> parse_cluster_slots(
    resp::ReplyNode reply, const Endpoint& asked, std::span<const Node> others = {});

/// The primaries without slots that a reply of CLUSTER NODES names: a node that has just joined is
/// no part of CLUSTER SLOTS, and yet the first slots on their way to it are already asked of it.
/// Lines that cannot be understood, and nodes that have failed or cannot be reached, are left out.
/// https://redis.io/docs/latest/commands/cluster-nodes/
[[nodiscard]] std::vector<Node> parse_idle_primaries(std::string_view reply, const Endpoint& asked);

/// Which of a node's two ports to take. (CLUSTER SLOTS chooses by the connection it is asked on.)
enum class Transport : std::uint8_t { tcp, tls };

/// Reads the RESP2 reply of CLUSTER SHARDS (Redis 7 and later, all Valkeys): shards and nodes as
/// flat lists of names and values. It tells each node's health, and failed replicas, too.
/// https://redis.io/docs/latest/commands/cluster-shards/
///
/// A shard may list two primaries for a moment after a failover; the slots then belong to the first
/// that has not failed. A failed node whose address another node has taken over is left out, as
/// are the nodes of a shard that has neither slots nor a primary.
[[nodiscard]] std::expected<SlotMap, std::string> parse_cluster_shards(
    resp::ReplyNode reply, const Endpoint& asked, Transport transport = Transport::tcp);

}  // namespace slotway::cluster
