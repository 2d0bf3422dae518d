#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "cluster/claimed_node.h"
#include "cluster/topology_parser.h"

namespace slotway::cluster {
namespace {

// The text up to a delimiter, which is taken off `rest` as well.
std::string_view take(std::string_view& rest, char delimiter) noexcept {
  const std::size_t end = rest.find(delimiter);
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return taken;
}

// A primary that is no member yet, or that other nodes do not see, is nobody to send requests to.
bool is_usable_primary(std::string_view flags) noexcept {
  bool is_primary = false;
  while (!flags.empty()) {
    const std::string_view flag = take(flags, ',');
    if (flag == "master") is_primary = true;
    if (flag == "fail" || flag == "fail?" || flag == "handshake" || flag == "noaddr") return false;
  }
  return is_primary;
}

// "ip:port@bus-port[,hostname[,name=value...]]"; before Redis 4 without the bus port.
std::optional<Endpoint> parse_address(std::string_view address, const Endpoint& asked,
                                      std::string& hostname) {
  std::string_view rest = address;
  std::string_view place = take(rest, ',');
  hostname = take(rest, ',');
  place = place.substr(0, place.find('@'));
  const std::size_t colon = place.rfind(':');  // of several: the address is of IPv6
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(place.substr(colon + 1));
  auto host = resolve_host(place.substr(0, colon), "", asked.host);
  if (!port || !host) return std::nullopt;
  return Endpoint{std::move(*host), *port};
}

}  // namespace

std::vector<Node> parse_idle_primaries(std::string_view reply, const Endpoint& asked) {
  constexpr int kFieldsBeforeSlots = 8;
  std::vector<Node> found;
  while (!reply.empty() && found.size() < SlotMapBuilder::kMaxNodes) {
    std::string_view line = take(reply, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    Node node;
    node.id = take(line, ' ');
    std::string hostname;
    auto endpoint = parse_address(take(line, ' '), asked, hostname);
    const std::string_view flags = take(line, ' ');
    for (int field = 3; field < kFieldsBeforeSlots; ++field) take(line, ' ');
    // What follows are its slots, and in brackets those under way to it or from it.
    const bool owns_slots = !line.empty() && line.front() != '[';
    if (!endpoint || owns_slots || !is_usable_primary(flags)) continue;
    node.endpoint = std::move(*endpoint);
    if (is_host(hostname)) node.metadata.emplace_back("hostname", std::move(hostname));
    found.push_back(std::move(node));
  }
  return found;
}

}  // namespace slotway::cluster
