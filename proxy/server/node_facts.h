#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cluster/endpoint.h"
#include "cluster/own_slots.h"

namespace slotway::server {

/// What a worker has learned from a node itself.
struct NodeFacts {
  std::string run_id;            ///< of the node's process; empty: not known
  std::string cluster_nodes;     ///< its CLUSTER NODES
  cluster::OwnSlots slots;       ///< what that says of its own slots
  std::uint64_t read_at_ns = 0;  ///< when CLUSTER NODES came; 0: not yet
  /// How often a connection to the node has ended: if that has changed, replies from before and
  /// after may come from different processes.
  std::uint64_t losses = 0;
};

/// The facts of the nodes that somebody has asked; one per worker.
class NodeFactsCache {
 public:
  [[nodiscard]] const NodeFacts& of(const cluster::Endpoint& node) { return facts_[node]; }

  /// Takes the reply of INFO server. The error says what is wrong with it.
  [[nodiscard]] std::expected<void, std::string> learn_process(const cluster::Endpoint& node,
                                                               std::string_view info);
  /// Takes the reply of CLUSTER NODES.
  [[nodiscard]] std::expected<void, std::string> learn_slots(const cluster::Endpoint& node,
                                                             std::string_view cluster_nodes,
                                                             std::uint64_t now_ns);

  /// A connection to the node has ended: who answers next may be another process.
  void forget(const cluster::Endpoint& node);

 private:
  std::unordered_map<cluster::Endpoint, NodeFacts> facts_;
};

}  // namespace slotway::server
