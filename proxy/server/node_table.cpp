#include "server/node_table.h"

#include <algorithm>
#include <utility>

namespace slotway::server {

namespace {

// How long a node that only redirects know is kept after the last of them.
constexpr std::uint64_t kForeignNodeLifeNs = 60'000'000'000;

}  // namespace

NodeTable::NodeTable(const upstream::ConnectionOptions& options, std::size_t lanes,
                     std::span<char> read_buffer, upstream::Connector& connector,
                     upstream::ConnectionObserver& observer, stats::WorkerStats& stats)
    : options_(options),
      lanes_(lanes),
      read_buffer_(read_buffer),
      connector_(connector),
      observer_(observer),
      stats_(stats) {}

UpstreamNode& NodeTable::node_at(const cluster::Endpoint& endpoint) {
  auto& place = nodes_[endpoint];
  if (place == nullptr) {
    place = std::make_unique<UpstreamNode>(endpoint, stats_.node(cluster::to_string(endpoint)));
    place->lanes_.resize(2 * lanes_ + 2);
  }
  return *place;
}

void NodeTable::adopt(const cluster::SlotMap& map) {
  for (const auto& [endpoint, node] : nodes_) node->in_map_ = false;
  by_index_.clear();
  for (const cluster::Node& member : map.nodes()) {
    UpstreamNode& node = node_at(member.endpoint);
    node.in_map_ = true;
    by_index_.push_back(&node);
  }
  foreign_nodes_ = nodes_.size() - by_index_.size();
  in_map_.clear();
  for (const UpstreamNode* node : by_index_) {
    for (std::size_t i = 0; i < 2 * lanes_; ++i) in_map_.push_back(node->lanes_[i].get());
  }
}

upstream::Connection& NodeTable::open_in_map(std::size_t node, const Caller& caller) {
  upstream::Connection& connection = lane(*by_index_[node], caller);
  if (!caller.aside) in_map_[node * 2 * lanes_ + lane_index(caller)] = &connection;
  return connection;
}

const upstream::Connection* NodeTable::find(const cluster::Endpoint& endpoint,
                                            const Caller& caller) const {
  const auto known = nodes_.find(endpoint);
  return known == nodes_.end() ? nullptr : known->second->lanes_[lane_index(caller)].get();
}

upstream::Connection& NodeTable::lane(UpstreamNode& node, const Caller& caller) {
  const std::size_t index = lane_index(caller);
  auto& place = node.lanes_[index];
  if (place == nullptr) [[unlikely]] {
    place =
        std::make_unique<upstream::Connection>(node.endpoint_, options_, caller.protocol,
                                               read_buffer_, connector_, observer_, node.stats_);
  }
  return *place;
}

upstream::Connection* NodeTable::connection(const cluster::Endpoint& endpoint, const Caller& caller,
                                            std::uint64_t now_ns) {
  const auto known = nodes_.find(endpoint);
  if (known == nodes_.end()) {
    if (foreign_nodes_ >= kMaxForeignNodes) return nullptr;
    ++foreign_nodes_;
  }
  UpstreamNode& node = node_at(endpoint);
  node.last_named_ns_ = now_ns;
  return &lane(node, caller);
}

bool NodeTable::is_leaving(const UpstreamNode& node, std::uint64_t now_ns) const {
  if (node.in_map_ || now_ns - node.last_named_ns_ < kForeignNodeLifeNs) return false;
  return std::ranges::all_of(node.lanes_, [](const auto& connection) {
    return connection == nullptr || connection->in_flight() == 0;
  });
}

void NodeTable::dismiss(std::unique_ptr<UpstreamNode> node) {
  for (const auto& connection : node->lanes_) {
    if (connection != nullptr) connection->shut_down("the node has left the cluster");
  }
  leaving_.push_back(std::move(node));
}

void NodeTable::tick(std::uint64_t now_ns) {
  for (auto iterator = nodes_.begin(); iterator != nodes_.end();) {
    UpstreamNode& node = *iterator->second;
    for (const auto& connection : node.lanes_) {
      if (connection != nullptr) connection->tick(now_ns);
    }
    if (is_leaving(node, now_ns)) {
      dismiss(std::move(iterator->second));
      iterator = nodes_.erase(iterator);
      --foreign_nodes_;
    } else {
      ++iterator;
    }
  }
  std::erase_if(leaving_, [](const auto& node) {
    return std::ranges::all_of(node->lanes_, [](const auto& connection) {
      return connection == nullptr || connection->gone();
    });
  });
}

void NodeTable::shut_down() {
  by_index_.clear();
  in_map_.clear();
  while (!nodes_.empty()) {
    auto node = nodes_.extract(nodes_.begin());
    dismiss(std::move(node.mapped()));
  }
  foreign_nodes_ = 0;
}

}  // namespace slotway::server
