#include "admin/metrics.h"

#include <prometheus/metric_type.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "admin/label_value.h"
#include "admin/process_usage.h"

namespace slotway::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Families = std::vector<MetricFamily>;
using Labels = std::vector<ClientMetric::Label>;
using Workers = std::vector<const stats::WorkerStats*>;

constexpr double kNanosecondsPerSecond = 1e9;

MetricFamily& add_family(Families& families, const char* name, MetricType type, const char* help) {
  return families.emplace_back(MetricFamily{.name = name, .help = help, .type = type});
}

void add_sample(MetricFamily& family, double value, Labels labels = {}) {
  ClientMetric& sample = family.metric.emplace_back();
  sample.label = std::move(labels);
  (family.type == MetricType::Counter ? sample.counter.value : sample.gauge.value) = value;
}

void add_sample(MetricFamily& family, std::uint64_t value, Labels labels = {}) {
  add_sample(family, static_cast<double>(value), std::move(labels));
}

// One number of WorkerStats that is summed over the workers into one series.
struct WorkerField {
  stats::Counter stats::WorkerStats::* source;
  MetricType type;
  const char* name;
  const char* help;
};

constexpr std::array kWorkerFields{
    WorkerField{&stats::WorkerStats::clients, MetricType::Gauge, "slotway_clients",
                "Client connections open now."},
    WorkerField{&stats::WorkerStats::clients_accepted, MetricType::Counter,
                "slotway_clients_accepted_total", "Client connections accepted."},
    WorkerField{
        &stats::WorkerStats::clients_lost, MetricType::Counter, "slotway_clients_closed_total",
        "Client connections closed by Slotway for a reason: limit, protocol error, timeout."},
    WorkerField{&stats::WorkerStats::client_bytes_in, MetricType::Counter,
                "slotway_client_received_bytes_total", "Bytes received from clients."},
    WorkerField{&stats::WorkerStats::client_bytes_out, MetricType::Counter,
                "slotway_client_sent_bytes_total", "Bytes sent to clients."},
    WorkerField{&stats::WorkerStats::requests_in_flight, MetricType::Gauge,
                "slotway_requests_in_flight", "Client requests not yet answered."},
    WorkerField{&stats::WorkerStats::blocked_clients, MetricType::Gauge, "slotway_blocked_clients",
                "Clients that wait in a blocking command."},
    WorkerField{
        &stats::WorkerStats::private_connections, MetricType::Gauge,
        "slotway_upstream_private_connections",
        "Connections to nodes that serve one client each, for blocking commands and WATCH."},
    WorkerField{&stats::WorkerStats::pubsub_clients, MetricType::Gauge, "slotway_pubsub_clients",
                "Clients with at least one subscription."},
    WorkerField{&stats::WorkerStats::pubsub_topics, MetricType::Gauge, "slotway_pubsub_topics",
                "Channels, patterns and shard channels subscribed to, counted by worker."},
    WorkerField{&stats::WorkerStats::pubsub_messages_in, MetricType::Counter,
                "slotway_pubsub_messages_received_total", "Published messages that nodes sent."},
    WorkerField{&stats::WorkerStats::pubsub_messages_out, MetricType::Counter,
                "slotway_pubsub_messages_sent_total", "Published messages passed on to clients."},
    WorkerField{&stats::WorkerStats::pubsub_resubscribes, MetricType::Counter,
                "slotway_pubsub_resubscribes_total",
                "Subscriptions renewed at a node, because another one was lost or a slot moved: "
                "messages of the meantime may be missing."},
    WorkerField{&stats::WorkerStats::pubsub_clients_cut, MetricType::Counter,
                "slotway_pubsub_clients_cut_total",
                "Subscribers closed because they read more slowly than messages came."},
    WorkerField{&stats::WorkerStats::tracking_clients, MetricType::Gauge,
                "slotway_tracking_clients", "Clients with CLIENT TRACKING on."},
    WorkerField{&stats::WorkerStats::tracking_keys, MetricType::Gauge, "slotway_tracking_keys",
                "Keys remembered for CLIENT TRACKING."},
    WorkerField{&stats::WorkerStats::tracking_invalidations, MetricType::Counter,
                "slotway_tracking_invalidations_total",
                "Keys that clients with CLIENT TRACKING were told to forget."},
    WorkerField{&stats::WorkerStats::tracking_flushes, MetricType::Counter,
                "slotway_tracking_flushes_total",
                "Times a client with CLIENT TRACKING was told to forget all keys."},
    WorkerField{&stats::WorkerStats::request_timeouts, MetricType::Counter,
                "slotway_request_timeouts_total", "Client requests that reached their deadline."},
    WorkerField{&stats::WorkerStats::protocol_errors, MetricType::Counter,
                "slotway_client_protocol_errors_total",
                "Malformed requests received from clients."},
};

void add_client_families(Families& families, const Workers& workers, const StatusSource& source) {
  add_sample(add_family(families, "slotway_clients_refused_total", MetricType::Counter,
                        "Client connections refused because a limit was reached."),
             source.clients_refused());
  for (const WorkerField& field : kWorkerFields) {
    std::uint64_t total = 0;
    for (const stats::WorkerStats* worker : workers) total += (worker->*field.source).value();
    add_sample(add_family(families, field.name, field.type, field.help), total);
  }
}

// A command that was seen gets a series for each outcome, zero or not: the rate of errors is then
// right from the very first one.
void add_command_family(Families& families, const Workers& workers, const StatusSource& source) {
  using Outcomes = std::array<std::uint64_t, stats::kOutcomes>;
  std::map<std::string, Outcomes> by_name;
  for (std::size_t id = 0; id < stats::kMaxCommands; ++id) {
    Outcomes outcomes{};
    std::uint64_t seen = 0;
    for (const stats::WorkerStats* worker : workers) {
      for (std::size_t outcome = 0; outcome < stats::kOutcomes; ++outcome) {
        const std::uint64_t count = worker->commands[id][outcome].value();
        outcomes[outcome] += count;
        seen += count;
      }
    }
    if (seen == 0) continue;
    const bool is_shared = id + 1 == stats::kMaxCommands;
    std::string name = is_shared ? "other" : label_value(source.command_name(id));
    if (name.empty()) name = "unknown";
    Outcomes& totals = by_name[name];
    for (std::size_t outcome = 0; outcome < stats::kOutcomes; ++outcome) {
      totals[outcome] += outcomes[outcome];
    }
  }
  MetricFamily& family =
      add_family(families, "slotway_commands_total", MetricType::Counter,
                 "Commands answered, by name and by what the client got: ok, an error of the node "
                 "(server_error), an error made by Slotway (proxy_error).");
  for (const auto& [name, outcomes] : by_name) {
    for (std::size_t outcome = 0; outcome < stats::kOutcomes; ++outcome) {
      add_sample(family, outcomes[outcome],
                 {{"command", name}, {"outcome", stats::kOutcomeNames[outcome]}});
    }
  }
}

void add_latency_family(Families& families, const Workers& workers) {
  MetricFamily& family =
      add_family(families, "slotway_request_duration_seconds", MetricType::Histogram,
                 "Time from a client request's arrival to its reply.");
  ClientMetric::Histogram& histogram = family.metric.emplace_back().histogram;
  std::uint64_t cumulative = 0;
  std::uint64_t sum_nanoseconds = 0;
  for (std::size_t bucket = 0; bucket < stats::LatencyHistogram::kBuckets; ++bucket) {
    for (const stats::WorkerStats* worker : workers) {
      cumulative += worker->request_latency.count(bucket);
    }
    // The last bucket has no upper bound: it is the +Inf bucket, which the serializer adds itself.
    if (bucket + 1 == stats::LatencyHistogram::kBuckets) continue;
    histogram.bucket.push_back(
        {.cumulative_count = cumulative,
         .upper_bound = stats::LatencyHistogram::upper_bound_seconds(bucket)});
  }
  for (const stats::WorkerStats* worker : workers) {
    sum_nanoseconds += worker->request_latency.sum_nanoseconds();
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = static_cast<double>(sum_nanoseconds) / kNanosecondsPerSecond;
}

void add_redirect_family(Families& families, const Workers& workers) {
  MetricFamily& family = add_family(families, "slotway_redirects_total", MetricType::Counter,
                                    "Requests sent again, by what made it necessary.");
  for (std::size_t kind = 0; kind < stats::kRedirects; ++kind) {
    std::uint64_t total = 0;
    for (const stats::WorkerStats* worker : workers) total += worker->redirects[kind].value();
    add_sample(family, total, {{"kind", stats::kRedirectNames[kind]}});
  }
}

// Apart from the sums, because a client count or a slow turn of one worker shows in no sum.
void add_worker_families(Families& families, const Workers& workers) {
  const auto label = [](std::size_t number) -> Labels {
    return {{"worker", std::to_string(number)}};
  };
  MetricFamily& clients = add_family(families, "slotway_worker_clients", MetricType::Gauge,
                                     "Client connections open now, by worker.");
  for (std::size_t number = 0; number < workers.size(); ++number) {
    add_sample(clients, workers[number]->clients.value(), label(number));
  }
  MetricFamily& turns =
      add_family(families, "slotway_worker_slowest_turn_seconds", MetricType::Gauge,
                 "The longest turn of the worker's event loop since the start.");
  for (std::size_t number = 0; number < workers.size(); ++number) {
    const auto nanoseconds = static_cast<double>(workers[number]->slowest_turn_nanoseconds.value());
    add_sample(turns, nanoseconds / kNanosecondsPerSecond, label(number));
  }
}

void add_node_families(Families& families, const NodeRoster::Selection& nodes) {
  for (std::size_t field = 0; field < kNodeFields.size(); ++field) {
    MetricFamily& family = add_family(families, kNodeFields[field].name, kNodeFields[field].type,
                                      kNodeFields[field].help);
    for (const auto& node : nodes.shown) {
      add_sample(family, node->second[field], {{"node", node->first}});
    }
  }
  add_sample(add_family(families, "slotway_upstream_nodes_omitted", MetricType::Gauge,
                        "Nodes left out of the metrics by node because there are too many."),
             std::uint64_t{nodes.omitted});
}

void add_topology_families(Families& families, const TopologyStatus& topology) {
  std::map<std::string, std::uint64_t> by_reason;  // two spellings of one reason: one series
  for (const RefreshCount& refresh : topology.refreshes) {
    by_reason[label_value(refresh.reason)] += refresh.count;
  }
  MetricFamily& refreshes =
      add_family(families, "slotway_topology_refreshes_total", MetricType::Counter,
                 "Refreshes of the slot map begun, by reason, failed ones included.");
  for (const auto& [reason, count] : by_reason) add_sample(refreshes, count, {{"reason", reason}});

  add_sample(add_family(families, "slotway_topology_refresh_failures_total", MetricType::Counter,
                        "Refreshes of the slot map that failed."),
             topology.refresh_failures);
  MetricFamily& age = add_family(families, "slotway_topology_age_seconds", MetricType::Gauge,
                                 "Time since the slot map was last refreshed; absent before.");
  if (topology.age) add_sample(age, topology.age->count());
  add_sample(add_family(families, "slotway_topology_version", MetricType::Gauge,
                        "Number of the slot map in use; grows with each change, 0 for none yet."),
             topology.map_version);
  add_sample(add_family(families, "slotway_slots_covered", MetricType::Gauge,
                        "Hash slots that have a primary, of 16384."),
             std::uint64_t{topology.slots_covered});

  std::uint64_t replicas = 0;
  for (const TopologyNode& node : topology.nodes) {
    if (node.role == NodeRole::replica) ++replicas;
  }
  MetricFamily& nodes = add_family(families, "slotway_topology_nodes", MetricType::Gauge,
                                   "Nodes of the slot map in use, by role.");
  add_sample(nodes, std::uint64_t{topology.nodes.size()} - replicas, {{"role", "primary"}});
  add_sample(nodes, replicas, {{"role", "replica"}});
}

void add_process_families(Families& families, const ProcessFacts& process) {
  using Seconds = std::chrono::duration<double>;
  add_sample(add_family(families, "slotway_build_info", MetricType::Gauge,
                        "Always 1; the label says which build runs."),
             1.0, {{"version", label_value(process.version)}});
  add_sample(add_family(families, "slotway_uptime_seconds", MetricType::Gauge,
                        "Time since Slotway started."),
             Seconds(std::chrono::system_clock::now() - process.started).count());
  add_sample(add_family(families, "process_start_time_seconds", MetricType::Gauge,
                        "Start time of the process since the Unix epoch."),
             Seconds(process.started.time_since_epoch()).count());

  const ProcessUsage usage = read_process_usage();
  add_sample(add_family(families, "process_cpu_seconds_total", MetricType::Counter,
                        "User and system CPU time spent."),
             usage.cpu_seconds);
  const auto add_if_known = [&families](const char* name, const std::optional<double>& value,
                                        const char* help) {
    if (value) add_sample(add_family(families, name, MetricType::Gauge, help), *value);
  };
  add_if_known("process_resident_memory_bytes", usage.resident_bytes, "Resident memory size.");
  add_if_known("process_virtual_memory_bytes", usage.virtual_bytes, "Virtual memory size.");
  add_if_known("process_open_fds", usage.open_fds, "Open file descriptors.");
  add_if_known("process_max_fds", usage.max_fds, "Most file descriptors that may be open.");
}

}  // namespace

MetricsCollector::MetricsCollector(const StatusSource& source, SteadyClock clock)
    : source_(source), clock_(std::move(clock)) {}

std::vector<MetricFamily> MetricsCollector::Collect() const {
  const Workers workers = source_.workers();
  const TopologyStatus topology = source_.topology();
  std::set<std::string> in_topology;
  for (const TopologyNode& node : topology.nodes) in_topology.insert(label_value(node.endpoint));

  Families families;
  add_process_families(families, source_.process());
  add_sample(add_family(families, "slotway_ready", MetricType::Gauge,
                        "1 while every slot can be served, as /readyz says, otherwise 0."),
             source_.readiness().ready ? 1.0 : 0.0);
  add_client_families(families, workers, source_);
  add_command_family(families, workers, source_);
  add_latency_family(families, workers);
  add_redirect_family(families, workers);
  add_worker_families(families, workers);

  const NodesByLabel nodes = sum_nodes(workers);
  const std::lock_guard lock(roster_mutex_);
  add_node_families(families, roster_.select(nodes, in_topology, clock_()));
  add_topology_families(families, topology);
  return families;
}

std::string metrics_text(const prometheus::Collectable& collectable) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, collectable.Collect());
  return std::move(text).str();
}

}  // namespace slotway::admin
