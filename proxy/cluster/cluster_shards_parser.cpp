#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cluster/claimed_node.h"
#include "cluster/quoted.h"
#include "cluster/slot_map_builder.h"
#include "cluster/topology_parser.h"

namespace slotway::cluster {
namespace {

using resp::ReplyNode;

struct ClaimedRange {
  std::int64_t first;
  std::int64_t last;
};

struct ClaimedShard {
  std::vector<ClaimedRange> ranges;
  std::vector<ClaimedNode> nodes;
};

template <typename Value>
struct Word {
  std::string_view text;
  Value value;
};

constexpr std::array kRoles = {
    Word<Role>{"master", Role::primary}, Word<Role>{"primary", Role::primary},
    Word<Role>{"replica", Role::replica}, Word<Role>{"slave", Role::replica}};

constexpr std::array kHealths = {
    Word<Health>{"online", Health::online}, Word<Health>{"loading", Health::loading},
    Word<Health>{"fail", Health::failed}, Word<Health>{"failed", Health::failed}};

/// Reads the fields of one node, in whatever order they come.
class NodeFields {
 public:
  NodeFields(const Endpoint& asked, Transport transport)
      : asked_(asked), port_name_(transport == Transport::tls ? "tls-port" : "port") {
    claimed_.reachable = false;  // until a port is seen
  }

  Parsed read(ReplyNode name, ReplyNode value) {
    const std::string_view field = name.text();
    if (field == port_name_) return read_port(value, claimed_);
    if (field == "id") return read_id(value, claimed_);
    if (field == "endpoint") return read_endpoint(value);
    if (field == "role") return read_role(value);
    if (field == "health") {
      const auto known = std::ranges::find(kHealths, value.text(), &Word<Health>::text);
      claimed_.node.health = known == kHealths.end() ? Health::unknown : known->value;
      return {};
    }
    keep_metadata(name, value, claimed_);
    return {};
  }

  std::expected<ClaimedNode, std::string> finish() && {
    if (!has_role_) return std::unexpected(std::string("a node has no role"));
    const std::string_view ip = claimed_.node.metadata_value("ip");
    auto host = resolve_host(has_endpoint_ ? endpoint_ : std::optional(ip), ip, asked_.host);
    if (!host) return std::unexpected(std::move(host.error()));
    claimed_.node.endpoint.host = std::move(*host);
    return std::move(claimed_);
  }

 private:
  Parsed read_endpoint(ReplyNode value) {
    if (!value.is_nil() && !value.is_string()) {
      return std::unexpected(std::string("an endpoint is no string"));
    }
    if (value.is_string()) endpoint_ = value.text();
    has_endpoint_ = true;
    return {};
  }

  Parsed read_role(ReplyNode value) {
    const auto known = std::ranges::find(kRoles, value.text(), &Word<Role>::text);
    if (known == kRoles.end()) {
      return std::unexpected(fmt::format("{} is no role of a node", quoted(value.text())));
    }
    claimed_.node.role = known->value;
    has_role_ = true;
    return {};
  }

  const Endpoint& asked_;
  std::string_view port_name_;
  ClaimedNode claimed_;
  std::optional<std::string_view> endpoint_;  // lives in the reply
  bool has_endpoint_ = false;
  bool has_role_ = false;
};

std::expected<ClaimedNode, std::string> parse_node(ReplyNode pairs, const Endpoint& asked,
                                                   Transport transport) {
  NodeFields fields(asked, transport);
  for (std::size_t index = 0; index + 1 < pairs.size(); index += 2) {
    if (const Parsed field = fields.read(pairs[index], pairs[index + 1]); !field) {
      return std::unexpected(field.error());
    }
  }
  return std::move(fields).finish();
}

Parsed parse_ranges(ReplyNode numbers, ClaimedShard& shard) {
  if (!numbers.is_array() || numbers.size() % 2 != 0) {
    return std::unexpected(std::string("slots are no list of pairs"));
  }
  for (std::size_t index = 0; index < numbers.size(); index += 2) {
    if (!numbers[index].is_integer() || !numbers[index + 1].is_integer()) {
      return std::unexpected(std::string("a slot is no integer"));
    }
    shard.ranges.push_back({numbers[index].integer(), numbers[index + 1].integer()});
  }
  return {};
}

std::expected<ClaimedShard, std::string> parse_shard(ReplyNode pairs, const Endpoint& asked,
                                                     Transport transport) {
  ClaimedShard shard;
  bool has_slots = false;
  bool has_nodes = false;
  for (std::size_t index = 0; index + 1 < pairs.size(); index += 2) {
    const std::string_view name = pairs[index].text();
    const ReplyNode value = pairs[index + 1];
    if (name == "slots" && !std::exchange(has_slots, true)) {
      if (const Parsed ranges = parse_ranges(value, shard); !ranges) {
        return std::unexpected(ranges.error());
      }
    } else if (name == "nodes" && value.is_array() && !std::exchange(has_nodes, true)) {
      for (std::size_t node = 0; node < value.size(); ++node) {
        auto claimed = parse_node(value[node], asked, transport);
        if (!claimed) return std::unexpected(std::move(claimed.error()));
        shard.nodes.push_back(std::move(*claimed));
      }
    }
  }
  if (!has_slots || !has_nodes) return std::unexpected(std::string("slots or nodes are missing"));
  return shard;
}

bool is_primary(const ClaimedNode& claimed) { return claimed.node.role == Role::primary; }
bool has_failed(const ClaimedNode& claimed) { return claimed.node.health == Health::failed; }

/// The primary that owns the shard's slots: the first one alive, or else the first; nullptr if
/// none.
const ClaimedNode* owner_of(const ClaimedShard& shard) {
  const auto alive = std::ranges::find_if(
      shard.nodes, [](const ClaimedNode& node) { return is_primary(node) && !has_failed(node); });
  if (alive != shard.nodes.end()) return &*alive;
  const auto any = std::ranges::find_if(shard.nodes, is_primary);
  return any != shard.nodes.end() ? &*any : nullptr;
}

using Endpoints = std::unordered_set<Endpoint>;

Endpoints healthy_endpoints(const std::vector<ClaimedShard>& shards) {
  Endpoints endpoints;
  for (const ClaimedShard& shard : shards) {
    for (const ClaimedNode& claimed : shard.nodes) {
      if (claimed.reachable && !has_failed(claimed)) endpoints.insert(claimed.node.endpoint);
    }
  }
  return endpoints;
}

Parsed add_shard(const ClaimedShard& shard, const Endpoints& healthy, SlotMapBuilder& builder) {
  const auto is_of_use = [&](const ClaimedNode& claimed) {
    if (!claimed.reachable) return false;
    const Endpoint& endpoint = claimed.node.endpoint;
    return !has_failed(claimed) ||
           (!healthy.contains(endpoint) && builder.find(endpoint) == kNoNode);
  };
  const ClaimedNode* owner = owner_of(shard);
  if (owner == nullptr) {
    if (shard.ranges.empty()) return {};
    return std::unexpected(std::string("slots without a primary"));
  }
  if (!is_of_use(*owner)) return {};
  const auto owner_index = builder.add_node(owner->node);
  if (!owner_index) return std::unexpected(owner_index.error());
  for (const ClaimedRange& range : shard.ranges) {
    const Parsed assigned = builder.assign(range.first, range.last, *owner_index);
    if (!assigned) return assigned;
  }
  for (const ClaimedNode& claimed : shard.nodes) {
    if (&claimed == owner || !is_of_use(claimed)) continue;
    Node node = claimed.node;
    if (node.role == Role::replica) node.primary = *owner_index;
    const auto added = builder.add_node(std::move(node));
    if (!added) return std::unexpected(added.error());
  }
  return {};
}

}  // namespace

std::expected<SlotMap, std::string> parse_cluster_shards(ReplyNode reply, const Endpoint& asked,
                                                         Transport transport) {
  if (reply.is_error()) {
    return std::unexpected(fmt::format("CLUSTER SHARDS answered {}", quoted(reply.text())));
  }
  if (!reply.is_array()) return std::unexpected(std::string("CLUSTER SHARDS answered no array"));
  const auto at = [](std::size_t index, std::string_view what) {
    return std::unexpected(fmt::format("shard {} of CLUSTER SHARDS: {}", index, what));
  };
  std::vector<ClaimedShard> shards;
  for (std::size_t index = 0; index < reply.size(); ++index) {
    auto shard = parse_shard(reply[index], asked, transport);
    if (!shard) return at(index, shard.error());
    shards.push_back(std::move(*shard));
  }
  const Endpoints healthy = healthy_endpoints(shards);
  SlotMapBuilder builder;
  for (std::size_t index = 0; index < shards.size(); ++index) {
    const Parsed added = add_shard(shards[index], healthy, builder);
    if (!added) return at(index, added.error());
  }
  auto map = std::move(builder).build();
  if (!map) return std::unexpected(fmt::format("CLUSTER SHARDS: {}", map.error()));
  return map;
}

}  // namespace slotway::cluster
