#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/settings.h"
#include "server/handler.h"

namespace slotway::server {

/// The one node that Slotway presents itself as with the setting cluster_facade: it owns all hash
/// slots, and clients of a cluster send it everything.
struct FacadeNode {
  std::string host;
  std::uint16_t port = 0;
  std::string id;  ///< 40 hexadecimal digits
};

/// The node for a client that has connected to `local_address` ("1.2.3.4:6380", "[::1]:6380"). A
/// client of a unix socket is on this machine, where `tcp_port` is listened on.
[[nodiscard]] FacadeNode facade_node(const config::Settings& settings,
                                     std::string_view local_address, bool is_unix,
                                     std::uint16_t tcp_port, std::string_view id);

// Replies to CLUSTER SLOTS, SHARDS, NODES and INFO, as clusterReplyMultiBulkSlots and its kin
// (cluster.c) of Redis 7.0 write them. `protocol` is 2 or 3.
[[nodiscard]] std::string facade_slots(const FacadeNode& node, int protocol);
[[nodiscard]] std::string facade_shards(const FacadeNode& node, int protocol);
[[nodiscard]] std::string facade_nodes(const FacadeNode& node, int protocol);
/// `covered_slots` of the real cluster: the one in front is up if that is.
[[nodiscard]] std::string facade_info(std::size_t covered_slots, int protocol);

}  // namespace slotway::server
