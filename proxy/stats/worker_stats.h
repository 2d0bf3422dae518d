#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "stats/counter.h"
#include "stats/error_counts.h"
#include "stats/latency_histogram.h"

namespace slotway::stats {

/// How a request ended, as its client saw it.
enum class Outcome : std::uint8_t {
  ok,            ///< any reply that is no error
  server_error,  ///< an error reply a node gave
  proxy_error,   ///< an error reply Slotway made itself (CROSSSLOT, unknown command, timeout, ...)
};
inline constexpr std::size_t kOutcomes = 3;
/// As the metrics call them, in the order of the enumerators.
inline constexpr std::array<const char*, kOutcomes> kOutcomeNames{"ok", "server_error",
                                                                  "proxy_error"};

/// Why a request was sent again.
enum class Redirect : std::uint8_t { moved, ask, tryagain, clusterdown, loading, connection_lost };
inline constexpr std::size_t kRedirects = 6;
/// As the metrics call them, in the order of the enumerators.
inline constexpr std::array<const char*, kRedirects> kRedirectNames{
    "moved", "ask", "tryagain", "clusterdown", "loading", "connection_lost"};

/// Places for commands. They are counted by CommandId; ids from the last place on share it
/// ("other").
inline constexpr std::size_t kMaxCommands = 1024;

/// The counters of one upstream node as one worker sees it.
struct NodeStats {
  explicit NodeStats(std::string node) : endpoint(std::move(node)) {}

  const std::string endpoint;  ///< host:port
  Counter requests;            ///< requests written to the node
  Counter replies;             ///< replies received
  Counter errors;              ///< error replies received
  Counter connects;            ///< connections that became ready
  Counter connect_failures;    ///< attempts that failed (refused, timed out, AUTH rejected)
  Counter lost;                ///< ready connections that broke
  Counter protocol_errors;     ///< connections closed for a surplus or impossible reply
  Counter bytes_in;
  Counter bytes_out;
  Gauge connections;  ///< ready connections now
  Gauge in_flight;    ///< requests awaiting a reply now
};

/// All counters of one worker. The worker writes, the admin thread reads.
struct WorkerStats {
  Gauge clients;
  Counter clients_accepted;
  Counter clients_lost;  ///< closed by Slotway for a reason (limit, protocol error, timeout)
  Counter client_bytes_in;
  Counter client_bytes_out;
  Gauge requests_in_flight;
  Gauge blocked_clients;       ///< in a blocking command (BLPOP, XREAD BLOCK, WAIT, ...) now
  Gauge private_connections;   ///< to nodes, each for one client that blocks or watches keys
  Gauge pubsub_clients;        ///< with at least one subscription
  Gauge pubsub_topics;         ///< channels, patterns and shard channels somebody has subscribed to
  Counter pubsub_messages_in;  ///< from nodes
  Counter pubsub_messages_out;  ///< to clients
  Counter pubsub_resubscribes;  ///< topics a node no longer served and that were subscribed to anew
  Counter pubsub_clients_cut;   ///< subscribers closed because they read too slowly
  Gauge tracking_clients;       ///< with CLIENT TRACKING on
  Gauge tracking_keys;          ///< remembered for them
  Counter tracking_invalidations;  ///< keys that clients were told to forget
  Counter tracking_flushes;        ///< times a client was told to forget all it has
  Counter request_timeouts;
  Counter protocol_errors;  ///< malformed requests from clients
  LatencyHistogram request_latency;
  std::array<Counter, kRedirects> redirects;
  Counter slowest_turn_nanoseconds;  ///< the longest loop turn since start

  using ByOutcome = std::array<Counter, kOutcomes>;
  std::vector<ByOutcome> commands = std::vector<ByOutcome>(kMaxCommands);

  ErrorCounts errors;  ///< error replies that clients got, whoever made them

  /// Where the command with this id is counted, whatever the id.
  ByOutcome& command(std::size_t id) noexcept { return commands[std::min(id, kMaxCommands - 1)]; }

  /// Adds a node's counters; they live as long as the worker, so that rates survive reconnects.
  NodeStats& node(const std::string& endpoint) {
    const std::lock_guard lock(nodes_mutex_);
    for (const auto& known : nodes_) {
      if (known->endpoint == endpoint) return *known;
    }
    return *nodes_.emplace_back(std::make_unique<NodeStats>(endpoint));
  }

  template <typename Visitor>
  void for_each_node(Visitor&& visit) const {
    const std::lock_guard lock(nodes_mutex_);
    for (const auto& known : nodes_) visit(*known);
  }

 private:
  mutable std::mutex
      nodes_mutex_;  // guards the list, never the counters; taken at node creation and scrape
  std::vector<std::unique_ptr<NodeStats>> nodes_;
};

}  // namespace slotway::stats
