#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/address.h"

namespace slotway::config {

// The typed configuration. The member initializers are the defaults, and the only place they are
// written; setting_table.cpp gives each member its YAML path, range and description. Names that
// Redis has (maxclients, proto_max_bulk_len, ...) keep Redis' meaning.
//
// Sizes are bytes. A zero duration or size means "off" only where the comment says so. Values are
// checked when they are loaded (config/load.h), so code that is handed Settings need not check
// again.

/// The cluster behind Slotway and the connections to its nodes.
struct ClusterSettings {
  std::vector<HostPort> seeds;  ///< nodes to learn the topology from; never empty after load()
  std::string username;         ///< empty: AUTH with the password alone (Redis' "default" user)
  std::string password;  ///< empty: no AUTH; holds the content of password_file when that is set
  std::string password_file;             ///< where `password` was read from; empty: nowhere
  std::size_t connections_per_node = 1;  ///< per worker
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds refresh_interval{15'000};     ///< periodic topology refresh
  std::chrono::milliseconds refresh_min_interval{1'000};  ///< least time between refreshes that
                                                          ///< MOVED or a failure asked for
  std::chrono::milliseconds reconnect_backoff_min{50};
  std::chrono::milliseconds reconnect_backoff_max{2'000};
  std::chrono::milliseconds tcp_keepalive{60'000};     ///< whole seconds; zero: no keepalive probes
  std::chrono::milliseconds tcp_user_timeout{10'000};  ///< zero: the kernel's default
  std::size_t max_redirects = 5;                       ///< MOVED and ASK hops of one request
  std::chrono::milliseconds hold_timeout{10'000};  ///< how long requests wait for a shard with no
                                                   ///< reachable primary
  std::chrono::milliseconds idle_check_interval{5'000};  ///< PING on a connection idle or stuck
                                                         ///< this long

  bool operator==(const ClusterSettings&) const = default;
};

struct TimeoutSettings {
  std::chrono::milliseconds request{5'000};               ///< deadline of a request
  std::chrono::milliseconds client_idle{0};               ///< Redis' `timeout`; zero: never
  std::chrono::milliseconds client_output_stall{60'000};  ///< client with output that reads nothing
  std::chrono::milliseconds drain{30'000};                ///< at shutdown, for requests in flight

  bool operator==(const TimeoutSettings&) const = default;
};

struct LimitSettings {
  std::size_t maxclients = 10'000;
  std::uint64_t proto_max_bulk_len = 512ULL << 20U;
  std::uint64_t client_query_buffer_limit = 1ULL << 30U;
  std::size_t proto_max_multibulk_len = 1'048'576;  ///< arguments of one request
  std::uint64_t proto_inline_max_size = 64ULL << 10U;
  std::size_t client_pipeline = 16'384;             ///< requests in flight of one client
  std::uint64_t client_output_soft = 1ULL << 20U;   ///< above: stop reading this client
  std::uint64_t client_output_hard = 64ULL << 20U;  ///< above: close it; one bigger reply passes
  std::uint64_t client_output_pubsub_hard = 32ULL << 20U;  ///< closes a subscriber; zero: off
  std::uint64_t client_output_pubsub_soft = 8ULL << 20U;   ///< if above it for so long; zero: off
  std::chrono::milliseconds client_output_pubsub_soft_time{60'000};
  std::size_t tracking_table_max_keys = 1'000'000;     ///< of all workers together; zero: no limit
  std::uint64_t upstream_queue_bytes = 256ULL << 20U;  ///< per upstream connection
  std::uint64_t hold_queue_bytes = 64ULL << 20U;       ///< per worker, for hold_timeout's requests
  std::size_t private_connections = 10'000;       ///< per worker, for blocking commands and WATCH
  std::uint64_t maxmemory = 0;                    ///< of the whole process; zero: no limit
  std::uint64_t keys_reply_limit = 64ULL << 20U;  ///< merged reply of KEYS
  std::uint64_t cross_slot_reply_limit = 64ULL << 20U;  ///< fetched for one read over several slots
  std::uint64_t script_cache_bytes = 64ULL << 20U;  ///< scripts remembered for nodes without them

  bool operator==(const LimitSettings&) const = default;
};

enum class LogLevel : std::uint8_t { trace, debug, info, warning, error };
enum class LogFormat : std::uint8_t { text, json };

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
  std::string file;  ///< empty: standard error
  // Redis' slowlog-log-slower-than, slowlog-max-len and latency-monitor-threshold. What Slotway
  // starts with: clients may change them (CONFIG SET).
  std::int64_t slowlog_log_slower_than = 10'000;  ///< microseconds; negative: off
  std::size_t slowlog_max_len = 128;
  std::size_t latency_monitor_threshold = 0;  ///< milliseconds; zero: off

  bool operator==(const LogSettings&) const = default;
};

struct Settings {
  std::vector<ListenAddress> listen{HostPort{"127.0.0.1", 6380}};  ///< never empty after load()
  std::optional<HostPort> admin{HostPort{"127.0.0.1", 9380}};      ///< nothing: no admin endpoint
  std::size_t workers = 0;          ///< event loops; zero ("auto"): one per CPU
  bool cross_slot_reads = true;     ///< SUNION, ZUNION, PFCOUNT, ... over keys in several slots
  bool cluster_facade = false;      ///< clients see a cluster of one node
  std::string cluster_announce_ip;  ///< of that node; empty: where the client has connected to
  std::size_t cluster_announce_port = 0;  ///< zero: the same
  ClusterSettings cluster;
  TimeoutSettings timeouts;
  LimitSettings limits;
  LogSettings log;

  bool operator==(const Settings&) const = default;
};

}  // namespace slotway::config
