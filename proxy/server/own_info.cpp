#include "server/own_info.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>

#include "server/dispatcher.h"
#include "server/own_stats.h"

namespace slotway::server {

namespace {

using std::chrono::duration_cast;

/// Where the fields come from.
struct Sources {
  Dispatcher& dispatcher;
  const OwnStats& stats;

  [[nodiscard]] const Instance& instance() const { return dispatcher.instance(); }
  [[nodiscard]] std::chrono::seconds uptime() const {
    return duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() -
                                               instance().started);
  }
  /// A gauge, over all workers.
  [[nodiscard]] std::uint64_t total(stats::Gauge stats::WorkerStats::* gauge) const {
    const WorkerPeers& peers = dispatcher.peers();
    std::uint64_t sum = 0;
    for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
      sum += (peers.stats_of(worker).*gauge).value();
    }
    return sum;
  }
};

std::string operating_system() {
  utsname name{};
  return ::uname(&name) == 0 ? fmt::format("{} {} {}", name.sysname, name.release, name.machine)
                             : "";
}

std::string server_time(const Sources&) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(duration_cast<std::chrono::microseconds>(now).count());
}

struct OwnField {
  std::string_view section;
  std::string_view field;
  std::string (*value)(const Sources& sources);
};

constexpr std::string_view kSlotwayPrefix = "slotway_";

constexpr auto kOwnFields = std::to_array<OwnField>({
    {"Server", "redis_mode",
     [](const Sources& s) {
       return std::string(s.instance().settings.cluster_facade ? "cluster" : "standalone");
     }},
    {"Server", "os", [](const Sources&) { return operating_system(); }},
    {"Server", "multiplexing_api", [](const Sources&) { return std::string("epoll"); }},
    {"Server", "process_id", [](const Sources&) { return std::to_string(::getpid()); }},
    {"Server", "process_supervised", [](const Sources&) { return std::string("no"); }},
    {"Server", "run_id", [](const Sources& s) { return s.instance().run_id; }},
    {"Server", "tcp_port", [](const Sources& s) { return std::to_string(s.instance().tcp_port); }},
    {"Server", "server_time_usec", server_time},
    {"Server", "uptime_in_seconds",
     [](const Sources& s) { return std::to_string(s.uptime().count()); }},
    {"Server", "uptime_in_days",
     [](const Sources& s) {
       return std::to_string(duration_cast<std::chrono::days>(s.uptime()).count());
     }},
    {"Server", "executable", [](const Sources& s) { return s.instance().executable; }},
    {"Server", "config_file", [](const Sources& s) { return s.instance().config_file; }},
    {"Server", "slotway_version", [](const Sources&) { return std::string(SLOTWAY_VERSION); }},
    {"Server", "slotway_workers",
     [](const Sources& s) { return std::to_string(s.dispatcher.peers().worker_count()); }},
    {"Server", "slotway_shards",
     [](const Sources& s) { return std::to_string(s.dispatcher.shard_slots().size()); }},

    {"Clients", "connected_clients",
     [](const Sources& s) { return std::to_string(s.total(&stats::WorkerStats::clients)); }},
    {"Clients", "cluster_connections", [](const Sources&) { return std::string("0"); }},
    {"Clients", "maxclients",
     [](const Sources& s) { return std::to_string(s.instance().runtime->maxclients.load()); }},
    {"Clients", "blocked_clients",
     [](const Sources& s) {
       return std::to_string(s.total(&stats::WorkerStats::blocked_clients));
     }},
    {"Clients", "tracking_clients",
     [](const Sources& s) {
       return std::to_string(s.total(&stats::WorkerStats::tracking_clients));
     }},
    {"Clients", "pubsub_clients",
     [](const Sources& s) { return std::to_string(s.total(&stats::WorkerStats::pubsub_clients)); }},

    // Requests for a shard that loads its data wait; clients need not wait before they connect.
    {"Persistence", "loading", [](const Sources&) { return std::string("0"); }},

    {"Stats", "total_connections_received",
     [](const Sources& s) { return std::to_string(s.stats.connections_received); }},
    {"Stats", "rejected_connections",
     [](const Sources& s) { return std::to_string(s.stats.connections_rejected); }},
    {"Stats", "total_commands_processed",
     [](const Sources& s) { return std::to_string(s.stats.commands_processed()); }},
    {"Stats", "total_net_input_bytes",
     [](const Sources& s) { return std::to_string(s.stats.input_bytes); }},
    {"Stats", "total_net_output_bytes",
     [](const Sources& s) { return std::to_string(s.stats.output_bytes); }},
    {"Stats", "total_error_replies",
     [](const Sources& s) { return std::to_string(s.stats.error_replies()); }},
    {"Stats", "tracking_total_keys",
     [](const Sources& s) { return std::to_string(s.total(&stats::WorkerStats::tracking_keys)); }},

    {"Replication", "role", [](const Sources&) { return std::string("master"); }},
    {"Replication", "master_failover_state",
     [](const Sources&) { return std::string("no-failover"); }},
    {"Replication", "master_replid", [](const Sources& s) { return s.instance().run_id; }},
    {"Replication", "master_replid2", [](const Sources&) { return std::string(40, '0'); }},

    {"Cluster", "cluster_enabled",
     [](const Sources& s) {
       return std::string(s.instance().settings.cluster_facade ? "1" : "0");
     }},
});

void put_own_fields(InfoSections& info, const Sources& sources) {
  for (const OwnField& own : kOwnFields) {
    InfoSection* section = find_section(info, own.section);
    if (section == nullptr) continue;
    if (own.field.starts_with(kSlotwayPrefix)) static_cast<void>(section->at(own.field));
    if (InfoField* field = section->find(own.field)) field->value = own.value(sources);
  }
}

// Nodes know of their clients only what Slotway's connections do.
bool is_of_node_clients(const InfoField& field) {
  return field.name.starts_with("client_recent_max_");
}

// Where a node listens.
bool is_listener(const InfoField& field) { return field.name.starts_with("listener"); }

// The number after a name such as "usec_per_call=" in a value of commandstats.
double number_after(std::string_view value, std::string_view name) {
  const std::size_t at = value.find(name);
  if (at == std::string_view::npos) return 0;
  double number = 0;
  const std::string_view digits = value.substr(at + name.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

// How often is what Slotway has counted; how long a call takes is what the nodes have measured.
void put_command_stats(InfoSection& section, const Sources& sources) {
  InfoSection own{.name = section.name};
  const command::CommandTable& table = sources.dispatcher.commands();
  const auto& counts = sources.stats.commands;
  for (std::size_t id = 0; id < std::min(counts.size() - 1, table.size()); ++id) {
    if (!counts[id].any()) continue;
    const std::string name = "cmdstat_" + table.at(static_cast<command::CommandId>(id)).name;
    const InfoField* at_nodes = section.find(name);
    const double each = at_nodes == nullptr ? 0 : number_after(at_nodes->value, "usec_per_call=");
    own.fields.push_back(
        {name, fmt::format("calls={},usec={:.0f},usec_per_call={:.2f},rejected_calls={},"
                           "failed_calls={}",
                           counts[id].calls, each * static_cast<double>(counts[id].calls), each,
                           counts[id].rejected, counts[id].failed)});
  }
  section = std::move(own);
}

void put_error_stats(InfoSection& section, const Sources& sources) {
  section.fields.clear();
  for (const auto& [word, errors] : sources.stats.errors) {
    section.fields.push_back({"errorstat_" + word, fmt::format("count={}", errors)});
  }
}

}  // namespace

void put_own_info(InfoSections& info, Dispatcher& dispatcher) {
  const OwnStats stats = dispatcher.instance().stats_baseline->since(count_all(dispatcher.peers()));
  const Sources sources{dispatcher, stats};
  put_own_fields(info, sources);
  if (InfoSection* server = find_section(info, "Server")) {
    std::erase_if(server->fields, is_listener);
  }
  if (InfoSection* clients = find_section(info, "Clients")) {
    std::erase_if(clients->fields, is_of_node_clients);
  }
  if (InfoSection* commands = find_section(info, "Commandstats")) {
    put_command_stats(*commands, sources);
  }
  if (InfoSection* errors = find_section(info, "Errorstats")) put_error_stats(*errors, sources);
}

}  // namespace slotway::server
