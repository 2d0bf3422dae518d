#include "server/node_facts.h"

#include <utility>

namespace slotway::server {

std::expected<void, std::string> NodeFactsCache::learn_process(const cluster::Endpoint& node,
                                                               std::string_view info) {
  constexpr std::string_view kField = "\nrun_id:";
  const std::size_t at = info.find(kField);
  if (at == std::string_view::npos) {
    return std::unexpected(cluster::to_string(node) + " has no run_id in its INFO server");
  }
  const std::string_view rest = info.substr(at + kField.size());
  facts_[node].run_id = std::string(rest.substr(0, rest.find_first_of("\r\n")));
  return {};
}

std::expected<void, std::string> NodeFactsCache::learn_slots(const cluster::Endpoint& node,
                                                             std::string_view cluster_nodes,
                                                             std::uint64_t now_ns) {
  auto slots = cluster::parse_own_slots(cluster_nodes);
  if (!slots) {
    return std::unexpected(cluster::to_string(node) + " cannot be understood: " + slots.error());
  }
  NodeFacts& facts = facts_[node];
  facts.cluster_nodes = std::string(cluster_nodes);
  facts.slots = std::move(*slots);
  facts.read_at_ns = now_ns;
  return {};
}

void NodeFactsCache::forget(const cluster::Endpoint& node) {
  const auto known = facts_.find(node);
  if (known == facts_.end()) return;  // nobody asks about this node
  known->second = NodeFacts{.losses = known->second.losses + 1};
}

}  // namespace slotway::server
