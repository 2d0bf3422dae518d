#include "config/setting_table.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace slotway::config {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kKilobyte = 1ULL << 10U;
constexpr std::uint64_t kMegabyte = 1ULL << 20U;
constexpr std::uint64_t kTerabyte = 1ULL << 40U;
// Places inside of a request are counted in 32 bits.
constexpr std::uint64_t kLargestRequest = 4'095 * kMegabyte;
constexpr milliseconds kSecond{1'000};
constexpr milliseconds kHour{3'600'000};
constexpr milliseconds kDay = 24 * kHour;

constexpr std::array<std::string_view, 5> kLogLevels{"trace", "debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kLogFormats{"text", "json"};

void add_general(std::vector<Setting>& table) {
  table.push_back(
      with_option(list("listen", ListenAddressCodec{}, Change::needs_restart,
                       "where clients connect; port 0 is any free port", &Settings::listen),
                  "--listen", "ADDR:PORT|unix:/PATH"));
  table.push_back(with_option(
      scalar("admin", OptionalBindAddressCodec{}, Change::needs_restart,
             "where /metrics, /healthz and /readyz are served; \"\" for nowhere", &Settings::admin),
      "--admin", "ADDR:PORT"));
  table.push_back(
      with_option(scalar("workers", AutoCountCodec{512}, Change::needs_restart,
                         "threads that serve clients; auto is one per CPU", &Settings::workers),
                  "--workers", "auto|N"));
  table.push_back(scalar("cross_slot_reads", SwitchCodec{}, Change::live,
                         "answers SUNION, ZUNION, PFCOUNT and the like over several slots",
                         &Settings::cross_slot_reads));
  table.push_back(scalar("cluster_facade", SwitchCodec{}, Change::needs_restart,
                         "presents Slotway as a cluster of one node, for clients of clusters",
                         &Settings::cluster_facade));
  table.push_back(scalar("cluster_announce_ip", OptionalHostCodec{}, Change::needs_restart,
                         "host of that node; \"\" is where the client has connected to",
                         &Settings::cluster_announce_ip));
  table.push_back(scalar("cluster_announce_port", CountCodec{0, 65'535}, Change::needs_restart,
                         "port of that node; 0 is where the client has connected to",
                         &Settings::cluster_announce_port));
}

void add_cluster(std::vector<Setting>& table) {
  const auto add = [&](auto codec, std::string_view path, auto member, std::string_view text) {
    table.push_back(scalar(path, codec, Change::live, text, &Settings::cluster, member));
  };
  using Cluster = ClusterSettings;
  table.push_back(with_option(
      list("cluster.seeds", RemoteAddressCodec{}, Change::live,
           "nodes of the cluster to ask for its topology", &Settings::cluster, &Cluster::seeds),
      "--seed", "HOST:PORT"));
  add(TextCodec{}, "cluster.username", &Cluster::username, "user for AUTH; \"\" is Redis' default");
  add(SecretCodec{}, "cluster.password", &Cluster::password, "password for AUTH; \"\" for no AUTH");
  add(TextCodec{}, "cluster.password_file", &Cluster::password_file,
      "file that holds the password, instead of cluster.password");
  add(CountCodec{1, 64}, "cluster.connections_per_node", &Cluster::connections_per_node,
      "connections of each worker to each node");
  add(DurationCodec{milliseconds{10}, kHour}, "cluster.connect_timeout", &Cluster::connect_timeout,
      "for connecting to a node and its AUTH");
  add(DurationCodec{milliseconds{100}, kDay}, "cluster.refresh_interval",
      &Cluster::refresh_interval, "how often the topology is fetched anew");
  add(DurationCodec{milliseconds{10}, kDay}, "cluster.refresh_min_interval",
      &Cluster::refresh_min_interval, "least time between refreshes after MOVED or failures");
  add(DurationCodec{milliseconds{1}, kHour}, "cluster.reconnect_backoff_min",
      &Cluster::reconnect_backoff_min, "wait before the first reconnect; doubles each time");
  add(DurationCodec{milliseconds{1}, kHour}, "cluster.reconnect_backoff_max",
      &Cluster::reconnect_backoff_max, "longest wait before a reconnect");
  // Linux keeps TCP_KEEPIDLE in seconds, 32767 at most.
  add(DurationCodec{kSecond, 32'767 * kSecond, Zero::off, kSecond}, "cluster.tcp_keepalive",
      &Cluster::tcp_keepalive, "idle time before keepalive probes; 0 for none");
  add(DurationCodec{milliseconds{100}, kHour, Zero::off}, "cluster.tcp_user_timeout",
      &Cluster::tcp_user_timeout, "unacknowledged data breaks the connection after this");
  add(CountCodec{0, 16}, "cluster.max_redirects", &Cluster::max_redirects,
      "MOVED and ASK followed for one request");
  add(DurationCodec{milliseconds{0}, kHour}, "cluster.hold_timeout", &Cluster::hold_timeout,
      "how long requests wait for a shard without a primary");
  add(DurationCodec{milliseconds{100}, kHour}, "cluster.idle_check_interval",
      &Cluster::idle_check_interval, "PING on a connection that is idle or stuck this long");
}

void add_timeouts(std::vector<Setting>& table) {
  const auto add = [&](DurationCodec codec, std::string_view path, auto member,
                       std::string_view text) {
    table.push_back(scalar(path, codec, Change::live, text, &Settings::timeouts, member));
  };
  using Timeouts = TimeoutSettings;
  add({milliseconds{1}, kDay}, "timeouts.request", &Timeouts::request, "deadline of a request");
  add({kSecond, 365 * kDay, Zero::off}, "timeouts.client_idle", &Timeouts::client_idle,
      "closes clients idle this long; 0 for never");
  add({milliseconds{100}, kDay}, "timeouts.client_output_stall", &Timeouts::client_output_stall,
      "closes clients that do not read their replies");
  add({milliseconds{0}, kDay}, "timeouts.drain", &Timeouts::drain,
      "for requests in flight at shutdown");
}

void add_limits(std::vector<Setting>& table) {
  const auto add = [&](auto codec, std::string_view path, auto member, std::string_view text) {
    table.push_back(scalar(path, codec, Change::live, text, &Settings::limits, member));
  };
  using Limits = LimitSettings;
  add(CountCodec{1, 1'000'000}, "limits.maxclients", &Limits::maxclients, "clients at a time");
  add(BytesCodec{kMegabyte, kLargestRequest}, "limits.proto_max_bulk_len",
      &Limits::proto_max_bulk_len, "longest argument of a request");
  add(BytesCodec{kMegabyte, kLargestRequest}, "limits.client_query_buffer_limit",
      &Limits::client_query_buffer_limit, "largest unfinished request of a client");
  add(CountCodec{16, 1ULL << 30U}, "limits.proto_max_multibulk_len",
      &Limits::proto_max_multibulk_len, "arguments of a request");
  add(BytesCodec{kKilobyte, kMegabyte}, "limits.proto_inline_max_size",
      &Limits::proto_inline_max_size, "longest line of an inline request");
  add(CountCodec{1, 1'000'000}, "limits.client_pipeline", &Limits::client_pipeline,
      "requests in flight of a client; then it is not read");
  add(BytesCodec{kKilobyte, kTerabyte}, "limits.client_output_soft", &Limits::client_output_soft,
      "unread replies at which a client is not read");
  add(BytesCodec{kKilobyte, kTerabyte}, "limits.client_output_hard", &Limits::client_output_hard,
      "unread replies at which a client is closed");
  add(BytesCodec{kKilobyte, kTerabyte, Zero::off}, "limits.client_output_pubsub_hard",
      &Limits::client_output_pubsub_hard, "unread bytes at which a subscriber is closed");
  add(BytesCodec{kKilobyte, kTerabyte, Zero::off}, "limits.client_output_pubsub_soft",
      &Limits::client_output_pubsub_soft, "unread bytes at which one is closed after a while");
  add(DurationCodec{kSecond, kDay}, "limits.client_output_pubsub_soft_time",
      &Limits::client_output_pubsub_soft_time, "how long a subscriber may be above that");
  add(CountCodec{0, 1ULL << 40U}, "limits.tracking_table_max_keys",
      &Limits::tracking_table_max_keys, "keys remembered for CLIENT TRACKING; 0 for no limit");
  add(BytesCodec{kKilobyte, kTerabyte}, "limits.upstream_queue_bytes",
      &Limits::upstream_queue_bytes, "requests queued for one connection to a node");
  add(BytesCodec{0, kTerabyte}, "limits.hold_queue_bytes", &Limits::hold_queue_bytes,
      "requests of a worker that wait for a primary");
  add(CountCodec{0, 1'000'000}, "limits.private_connections", &Limits::private_connections,
      "connections of a worker for blocking commands and WATCH");
  add(BytesCodec{16 * kMegabyte, kTerabyte, Zero::off}, "limits.maxmemory", &Limits::maxmemory,
      "buffers of the whole process; 0 for no limit");
  add(BytesCodec{kKilobyte, kTerabyte}, "limits.keys_reply_limit", &Limits::keys_reply_limit,
      "merged reply of KEYS");
  add(BytesCodec{kKilobyte, kTerabyte}, "limits.cross_slot_reply_limit",
      &Limits::cross_slot_reply_limit, "fetched from the nodes for one read over several slots");
  add(BytesCodec{0, kTerabyte}, "limits.script_cache_bytes", &Limits::script_cache_bytes,
      "scripts remembered for nodes that lack them");
}

void add_log(std::vector<Setting>& table) {
  table.push_back(
      with_option(scalar("log.level", EnumCodec<LogLevel>{kLogLevels}, Change::live,
                         "least severity that is logged", &Settings::log, &LogSettings::level),
                  "--log-level", "LEVEL"));
  table.push_back(scalar("log.format", EnumCodec<LogFormat>{kLogFormats}, Change::needs_restart,
                         "text, or one JSON object per line", &Settings::log,
                         &LogSettings::format));
  table.push_back(scalar("log.file", TextCodec{}, Change::needs_restart,
                         "file to append to; \"\" is standard error", &Settings::log,
                         &LogSettings::file));
  table.push_back(scalar("log.slowlog_log_slower_than", IntegerCodec{-1, 1LL << 50U}, Change::live,
                         "microseconds that bring a request into SLOWLOG; -1 for none",
                         &Settings::log, &LogSettings::slowlog_log_slower_than));
  table.push_back(scalar("log.slowlog_max_len", CountCodec{0, 1'000'000}, Change::live,
                         "entries kept for SLOWLOG", &Settings::log,
                         &LogSettings::slowlog_max_len));
  table.push_back(scalar("log.latency_monitor_threshold", CountCodec{0, 1ULL << 40U}, Change::live,
                         "milliseconds that make an event for LATENCY; 0 for none", &Settings::log,
                         &LogSettings::latency_monitor_threshold));
}

std::vector<Setting> build_table() {
  std::vector<Setting> table;
  add_general(table);
  add_cluster(table);
  add_timeouts(table);
  add_limits(table);
  add_log(table);
  return table;
}

}  // namespace

std::span<const Setting> setting_table() {
  static const std::vector<Setting> kTable = build_table();
  return kTable;
}

const Setting* find_setting(std::string_view path) {
  const auto table = setting_table();
  const auto found = std::ranges::find(table, path, &Setting::path);
  return found == table.end() ? nullptr : &*found;
}

bool is_group(std::string_view path) {
  return std::ranges::any_of(setting_table(), [&](const Setting& setting) {
    return setting.path.size() > path.size() && setting.path.starts_with(path) &&
           setting.path[path.size()] == '.';
  });
}

}  // namespace slotway::config
