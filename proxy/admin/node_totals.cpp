#include "admin/node_totals.h"

#include "admin/label_value.h"

namespace slotway::admin {

NodesByLabel sum_nodes(const std::vector<const stats::WorkerStats*>& workers) {
  NodesByLabel nodes;
  for (const stats::WorkerStats* worker : workers) {
    worker->for_each_node([&nodes](const stats::NodeStats& node) {
      NodeTotals& totals = nodes[label_value(node.endpoint)];
      for (std::size_t field = 0; field < kNodeFields.size(); ++field) {
        totals[field] += (node.*kNodeFields[field].source).value();
      }
    });
  }
  return nodes;
}

NodeRoster::Selection NodeRoster::select(const NodesByLabel& nodes,
                                         const std::set<std::string>& in_topology,
                                         Clock::time_point now) {
  std::vector<NodesByLabel::const_iterator> current;
  std::vector<NodesByLabel::const_iterator> leaving;
  for (auto node = nodes.begin(); node != nodes.end(); ++node) {
    const bool quiet = is_quiet(*node, now);
    if (in_topology.contains(node->first)) {
      current.push_back(node);
    } else if (!quiet) {
      leaving.push_back(node);
    }
  }
  Selection selection{.shown = std::move(current)};
  selection.shown.insert(selection.shown.end(), leaving.begin(), leaving.end());
  if (selection.shown.size() > kMaxNodes) {
    selection.omitted = selection.shown.size() - kMaxNodes;
    selection.shown.resize(kMaxNodes);
  }
  return selection;
}

bool NodeRoster::is_quiet(const NodesByLabel::value_type& node, Clock::time_point now) {
  bool in_use = false;
  std::uint64_t activity = 0;
  for (std::size_t field = 0; field < kNodeFields.size(); ++field) {
    if (kNodeFields[field].type == prometheus::MetricType::Counter) {
      activity += node.second[field];
    } else if (node.second[field] != 0) {
      in_use = true;
    }
  }
  const auto [entry, is_new] = seen_.try_emplace(node.first);
  LastSeen& last = entry->second;
  if (is_new || in_use || activity != last.activity) last = {.activity = activity, .moved = now};
  return now - last.moved >= kQuietTime;
}

}  // namespace slotway::admin
