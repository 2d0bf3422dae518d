#include "server/config_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <variant>

#include "command/ascii.h"

namespace slotway::server {

namespace {

std::string nothing(const Instance&) { return {}; }
std::string no(const Instance&) { return "no"; }
std::string zero(const Instance&) { return "0"; }

template <typename Address>
std::string join_listeners(const Instance& instance, std::string Address::* text) {
  std::string joined;
  for (const config::ListenAddress& address : instance.settings.listen) {
    const auto* found = std::get_if<Address>(&address);
    if (found != nullptr) joined.append(joined.empty() ? "" : " ").append((*found).*text);
  }
  return joined;
}

std::string seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

// Slotway has no replicas of its own to limit.
std::string output_limits(const Instance& instance) {
  const config::LimitSettings& limits = instance.settings.limits;
  return fmt::format("normal {} 0 0 slave 0 0 0 pubsub {} {} {}", limits.client_output_hard,
                     limits.client_output_pubsub_hard, limits.client_output_pubsub_soft,
                     seconds(limits.client_output_pubsub_soft_time));
}

template <OwnParameter::Tunable tunable>
std::string tuned(const Instance& instance) {
  return std::to_string(((*instance.runtime).*tunable).load());
}

constexpr auto kOwnParameters = std::to_array<OwnParameter>({
    {.name = "bind",
     .get = [](const Instance& i) { return join_listeners(i, &config::HostPort::host); }},
    {.name = "client-output-buffer-limit", .get = output_limits},
    {.name = "client-query-buffer-limit",
     .get =
         [](const Instance& i) {
           return std::to_string(i.settings.limits.client_query_buffer_limit);
         }},
    {.name = "cluster-enabled",
     .get =
         [](const Instance& i) { return std::string(i.settings.cluster_facade ? "yes" : "no"); }},
    {.name = "daemonize", .get = no},
    {.name = "databases", .get = [](const Instance&) { return std::string("1"); }},
    {.name = "latency-monitor-threshold",
     .get = tuned<&RuntimeSettings::latency_monitor_threshold>,
     .tunable = &RuntimeSettings::latency_monitor_threshold,
     .min = 0,
     .max = std::numeric_limits<std::int64_t>::max()},
    {.name = "logfile", .get = [](const Instance& i) { return i.settings.log.file; }},
    {.name = "masterauth", .get = nothing},
    {.name = "masteruser", .get = nothing},
    {.name = "maxclients",
     .get = tuned<&RuntimeSettings::maxclients>,
     .tunable = &RuntimeSettings::maxclients,
     .min = 1,
     .max = std::numeric_limits<std::uint32_t>::max()},
    {.name = "pidfile", .get = nothing},
    {.name = "port", .get = [](const Instance& i) { return std::to_string(i.tcp_port); }},
    {.name = "proto-max-bulk-len",
     .get = [](const Instance& i) { return std::to_string(i.settings.limits.proto_max_bulk_len); }},
    {.name = "replicaof", .get = nothing},
    {.name = "requirepass", .get = nothing},
    {.name = "slaveof", .get = nothing},
    {.name = "slowlog-log-slower-than",
     .get = tuned<&RuntimeSettings::slowlog_log_slower_than>,
     .tunable = &RuntimeSettings::slowlog_log_slower_than,
     .min = -1,
     .max = std::numeric_limits<std::int64_t>::max()},
    {.name = "slowlog-max-len",
     .get = tuned<&RuntimeSettings::slowlog_max_len>,
     .tunable = &RuntimeSettings::slowlog_max_len,
     .min = 0,
     .max = std::numeric_limits<std::int64_t>::max()},
    {.name = "supervised", .get = no},
    {.name = "timeout",
     .get = [](const Instance& i) { return seconds(i.settings.timeouts.client_idle); }},
    {.name = "tls-port", .get = zero},
    {.name = "tracking-table-max-keys",
     .get =
         [](const Instance& i) {
           return std::to_string(i.settings.limits.tracking_table_max_keys);
         }},
    {.name = "unixsocket",
     .get = [](const Instance& i) { return join_listeners(i, &config::UnixPath::path); }},
});

// Each node has a value of its own for these.
constexpr auto kOfOneNode =
    std::to_array<std::string_view>({"cluster-announce-", "replica-announce-", "slave-announce-"});

}  // namespace

const OwnParameter* find_own_parameter(std::string_view name) noexcept {
  const auto found = std::ranges::find_if(kOwnParameters, [&](const OwnParameter& own) {
    return command::equal_ignoring_case(name, own.name);
  });
  return found == kOwnParameters.end() ? nullptr : &*found;
}

std::expected<std::int64_t, std::string> parse_own_value(const OwnParameter& parameter,
                                                         std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || after != end || text.empty()) {
    return std::unexpected("argument couldn't be parsed into an integer");
  }
  if (value < parameter.min || value > parameter.max) {
    return std::unexpected(
        fmt::format("argument must be between {} and {} inclusive", parameter.min, parameter.max));
  }
  return value;
}

std::string_view why_not_for_all_nodes(std::string_view name) noexcept {
  const bool is_of_one_node = std::ranges::any_of(kOfOneNode, [&](std::string_view prefix) {
    return command::equal_ignoring_case(name.substr(0, prefix.size()), prefix);
  });
  return is_of_one_node
             ? "slotway: each node has a value of its own for it; set it on the node itself"
             : std::string_view();
}

}  // namespace slotway::server
