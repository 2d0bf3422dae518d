#include "server/topology_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/cluster_info.h"
#include "cluster/topology_parser.h"

namespace slotway::server {

using cluster::Endpoint;

TopologyService::TopologyService(net::Loop& loop, TopologyOptions options,
                                 upstream::Connector& connector, TopologyObserver& observer)
    : options_(std::move(options)),
      connector_(connector),
      observer_(observer),
      next_refresh_(loop, [this] { refresh(); }),
      answer_timer_(loop, [this] {
        for (const auto& probe : probes_) probe->cancel("no answer in time");
      }) {}

void TopologyService::start() { refresh(); }

void TopologyService::stop() {
  stopping_ = true;
  next_refresh_.stop();
  answer_timer_.stop();
  for (const auto& probe : probes_) probe->cancel("shutting down");
}

bool TopologyService::stopped() {
  drop_finished_probes();
  return probes_.empty();
}

void TopologyService::request(std::string_view reason) {
  if (stopping_) return;
  if (awaited_ > 0) {
    requested_meanwhile_ = true;
    return;
  }
  reason_ = std::string(reason);
  const auto since_last = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::nanoseconds(net::Loop::monotonic_ns() - last_refresh_ns_));
  if (since_last >= options_.min_interval) {
    refresh();
  } else if (!requested_) {
    requested_ = true;
    schedule(options_.min_interval - since_last);
  }
}

void TopologyService::schedule(std::chrono::milliseconds delay) { next_refresh_.start_once(delay); }

// A few nodes of the map in random order, and one seed: should every address in the map have become
// stale, the seeds' names still lead to the cluster.
std::vector<Endpoint> TopologyService::choose_nodes() {
  std::vector<Endpoint> chosen;
  if (map_ != nullptr) {
    for (const cluster::Node& node : map_->nodes()) chosen.push_back(node.endpoint);
    std::ranges::shuffle(chosen, random_);
    if (chosen.size() > kNodesAsked - 1) chosen.resize(kNodesAsked - 1);
  }
  for (std::size_t i = 0; i < options_.seeds.size() && chosen.size() < kNodesAsked; ++i) {
    const Endpoint& seed = options_.seeds[next_seed_++ % options_.seeds.size()];
    if (std::ranges::find(chosen, seed) == chosen.end()) chosen.push_back(seed);
  }
  return chosen;
}

void TopologyService::refresh() {
  if (stopping_ || awaited_ > 0) return;
  drop_finished_probes();
  last_refresh_ns_ = net::Loop::monotonic_ns();
  requested_ = requested_meanwhile_ = false;
  answers_.clear();
  problems_.clear();
  std::vector<std::string> requests{resp::format_command({"CLUSTER", "INFO"}),
                                    resp::format_command({"CLUSTER", "SLOTS"}),
                                    resp::format_command({"CLUSTER", "NODES"})};
  if (!facts_known_) {
    requests.push_back(resp::format_command({"COMMAND"}));
    requests.push_back(resp::format_command({"INFO", "server"}));
  }
  const std::vector<Endpoint> nodes = choose_nodes();
  awaited_ = nodes.size();
  answer_timer_.start_once(options_.answer_timeout);
  for (const Endpoint& node : nodes) {
    probes_.push_back(
        std::make_unique<NodeProbe>(node, options_.credentials, requests, connector_,
                                    [this](NodeProbe& probe, NodeProbe::Result result) {
                                      on_probe_done(probe, std::move(result));
                                    }));
    probes_.back()->start();
  }
}

void TopologyService::on_probe_done(NodeProbe& probe, NodeProbe::Result result) {
  auto answer = result.has_value() ? read_answer(probe.endpoint(), *result)
                                   : std::unexpected(std::move(result.error()));
  if (answer.has_value()) {
    answers_.push_back(std::move(*answer));
    if (!facts_known_ && result->size() == 5) {
      facts_known_ = true;
      observer_.on_server_facts((*result)[3].root(), (*result)[4].root().text());
    }
  } else {
    if (!problems_.empty()) problems_ += "; ";
    problems_ += cluster::to_string(probe.endpoint()) + ": " + answer.error();
  }
  if (--awaited_ == 0 && !stopping_) conclude();
}

std::expected<TopologyService::Answer, std::string> TopologyService::read_answer(
    const Endpoint& from, const std::vector<resp::ReplyTree>& replies) const {
  const resp::ReplyNode info_reply = replies[0].root();
  if (info_reply.is_error()) {
    const std::string text(info_reply.text());
    return std::unexpected(text.contains("cluster support disabled")
                               ? "it is a Redis without cluster support (cluster-enabled no)"
                               : text);
  }
  const auto info = cluster::parse_cluster_info(info_reply.text());
  if (!info) return std::unexpected(info.error());
  // It may be refused by the rights of a user: then the map is what CLUSTER SLOTS says and no more.
  const resp::ReplyNode nodes_reply = replies[2].root();
  std::vector<cluster::Node> idle_primaries;
  if (nodes_reply.is_string()) {
    idle_primaries = cluster::parse_idle_primaries(nodes_reply.text(), from);
  }
  auto map = cluster::parse_cluster_slots(replies[1].root(), from, idle_primaries);
  if (!map) return std::unexpected(map.error());
  return Answer{std::move(*map), info->current_epoch, from};
}

void TopologyService::conclude() {
  answer_timer_.stop();
  if (!problems_.empty() && answers_.empty()) observer_.on_refresh_failed(reason_, problems_);
  if (!answers_.empty()) {
    // Of equal epochs the map that covers more slots: a node that has just joined knows little.
    auto newest = std::ranges::max_element(answers_, {}, [](const Answer& answer) {
      return std::pair(answer.epoch, answer.map.covered_slots());
    });
    const bool older = newest->epoch < epoch_;
    older_answers_ = older ? older_answers_ + 1 : 0;
    if (older && older_answers_ < kOlderAnswersBelieved) {
      observer_.on_refresh_failed(
          reason_, fmt::format("{}: its epoch {} is older than {}, the last one seen",
                               cluster::to_string(newest->from), newest->epoch, epoch_));
    } else {
      publish(std::move(*newest));
    }
  }
  const bool unsettled = map_ == nullptr || !map_->complete() || answers_.empty();
  schedule(requested_meanwhile_ || unsettled ? options_.min_interval : options_.interval);
  reason_ = requested_meanwhile_ ? "requested" : "periodic";
}

void TopologyService::publish(Answer answer) {
  epoch_ = answer.epoch;
  older_answers_ = 0;
  if (map_ == nullptr || !map_->same_layout(answer.map)) {
    answer.map.set_version(++version_);
    map_ = std::make_shared<const cluster::SlotMap>(std::move(answer.map));
    observer_.on_map(map_, reason_);
    if (version_ > 1) facts_known_ = false;  // a node that joined may know other commands
  }
  observer_.on_refreshed(reason_);
}

void TopologyService::drop_finished_probes() {
  std::erase_if(probes_, [](const auto& probe) { return probe->gone(); });
}

}  // namespace slotway::server
