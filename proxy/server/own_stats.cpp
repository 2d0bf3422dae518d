#include "server/own_stats.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "server/worker_peers.h"

namespace slotway::server {

namespace {

void add(OwnStats& sum, const stats::WorkerStats& worker) {
  sum.connections_received += worker.clients_accepted.value();
  sum.input_bytes += worker.client_bytes_in.value();
  sum.output_bytes += worker.client_bytes_out.value();
  sum.commands.resize(worker.commands.size());
  for (std::size_t id = 0; id < worker.commands.size(); ++id) {
    const auto count = [&](stats::Outcome outcome) {
      return worker.commands[id][static_cast<std::size_t>(outcome)].value();
    };
    const std::uint64_t failed = count(stats::Outcome::server_error);
    sum.commands[id].calls += count(stats::Outcome::ok) + failed;
    sum.commands[id].failed += failed;
    sum.commands[id].rejected += count(stats::Outcome::proxy_error);
  }
  for (const auto& [word, errors] : worker.errors.counts()) sum.errors[word] += errors;
}

// Another worker may have reset between the counting and this.
void subtract(std::uint64_t& count, std::uint64_t baseline) noexcept {
  count -= std::min(count, baseline);
}

}  // namespace

std::uint64_t OwnStats::commands_processed() const noexcept {
  return std::accumulate(
      commands.begin(), commands.end(), std::uint64_t{0},
      [](std::uint64_t sum, const CommandCounts& counts) { return sum + counts.calls; });
}

std::uint64_t OwnStats::error_replies() const noexcept {
  return std::accumulate(errors.begin(), errors.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& error) { return sum + error.second; });
}

OwnStats count_all(const WorkerPeers& peers) {
  OwnStats sum;
  for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
    add(sum, peers.stats_of(worker));
  }
  sum.connections_rejected = peers.clients_refused();
  return sum;
}

void StatsBaseline::set(OwnStats now) {
  const std::lock_guard lock(mutex_);
  baseline_ = std::move(now);
}

OwnStats StatsBaseline::since(OwnStats now) const {
  const std::lock_guard lock(mutex_);
  subtract(now.connections_received, baseline_.connections_received);
  subtract(now.connections_rejected, baseline_.connections_rejected);
  subtract(now.input_bytes, baseline_.input_bytes);
  subtract(now.output_bytes, baseline_.output_bytes);
  for (std::size_t id = 0; id < baseline_.commands.size(); ++id) {
    subtract(now.commands[id].calls, baseline_.commands[id].calls);
    subtract(now.commands[id].rejected, baseline_.commands[id].rejected);
    subtract(now.commands[id].failed, baseline_.commands[id].failed);
  }
  for (const auto& [word, errors] : baseline_.errors) subtract(now.errors[word], errors);
  std::erase_if(now.errors, [](const auto& error) { return error.second == 0; });
  return now;
}

}  // namespace slotway::server
