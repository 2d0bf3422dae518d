#include "cluster/claimed_node.h"

#include <fmt/format.h>

#include <limits>

#include "cluster/quoted.h"

namespace slotway::cluster {
namespace {

/// Redis' ids have 40 digits and its host names 255 bytes; more is no id and no metadata of any
/// use.
constexpr std::size_t kMaxFieldBytes = 255;

}  // namespace

std::expected<std::string, std::string> resolve_host(std::optional<std::string_view> announced,
                                                     std::string_view ip,
                                                     std::string_view host_asked) {
  if (!announced || announced->empty()) return std::string(host_asked);
  if (*announced == "?") return std::string(is_host(ip) ? ip : host_asked);
  if (!is_host(*announced)) {
    return std::unexpected(fmt::format("{} is no host name", quoted(*announced)));
  }
  return std::string(*announced);
}

Parsed read_port(resp::ReplyNode field, ClaimedNode& claimed) {
  if (!field.is_integer()) return std::unexpected(std::string("a port is no integer"));
  const std::int64_t port = field.integer();
  if (port < 0 || port > std::numeric_limits<std::uint16_t>::max()) {
    return std::unexpected(fmt::format("{} is no port", port));
  }
  claimed.node.endpoint.port = static_cast<std::uint16_t>(port);
  claimed.reachable = port != 0;
  return {};
}

Parsed read_id(resp::ReplyNode field, ClaimedNode& claimed) {
  if (!field.is_string() || field.text().size() > kMaxFieldBytes) {
    return std::unexpected(std::string("a node id is no short string"));
  }
  claimed.node.id = field.text();
  return {};
}

void keep_metadata(resp::ReplyNode name, resp::ReplyNode value, ClaimedNode& claimed) {
  if (!name.is_string() || !value.is_string()) return;
  if (name.text().size() > kMaxFieldBytes || value.text().size() > kMaxFieldBytes) return;
  claimed.node.metadata.emplace_back(name.text(), value.text());
}

std::expected<NodeIndex, std::string> add_or_find(SlotMapBuilder& builder, const Node& node) {
  const NodeIndex found = builder.find(node.endpoint);
  if (found == kNoNode) return builder.add_node(node);
  const Node& known = builder.node(found);
  const auto contradiction = [&](std::string_view what) {
    return std::unexpected(fmt::format("node {} {}", to_string(node.endpoint), what));
  };
  if (known.id != node.id) return contradiction("appears with two ids");
  if (known.role != node.role) return contradiction("is both a primary and a replica");
  if (known.primary != node.primary) return contradiction("is a replica of two primaries");
  return found;
}

}  // namespace slotway::cluster
