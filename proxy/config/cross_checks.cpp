#include "config/cross_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "config/setting_table.h"

namespace slotway::config {
namespace {

struct Problem {
  std::string message;
  std::string expected;
};

struct Rule {
  std::vector<std::string_view> paths;  ///< the settings that take part, the one to blame first
  std::optional<Problem> (*check)(const Settings&);
};

/// "a is 2s, expected at most b (1s)", the values as --print-config writes them.
template <typename T>
std::optional<Problem> at_most(const Settings& settings, const T& smaller, const T& larger,
                               std::string_view smaller_path, std::string_view larger_path) {
  if (smaller <= larger) return std::nullopt;
  const auto yaml = [&](std::string_view path) { return find_setting(path)->to_yaml(settings); };
  return Problem{fmt::format("{} is {}", smaller_path, yaml(smaller_path)),
                 fmt::format("at most {}, which is {}", larger_path, yaml(larger_path))};
}

std::optional<Problem> needs_seeds(const Settings& settings) {
  if (!settings.cluster.seeds.empty()) return std::nullopt;
  return Problem{"no seed of the cluster is given",
                 "the HOST:PORT of at least one of its nodes, in cluster.seeds, in "
                 "SLOTWAY_CLUSTER_SEEDS or with --seed"};
}

std::optional<Problem> needs_listener(const Settings& settings) {
  if (!settings.listen.empty()) return std::nullopt;
  return Problem{"listen is empty", "at least one address, or no client could connect"};
}

/// Port 0 means another free port each time, so it never clashes.
bool is_any_port(const ListenAddress& address) {
  const auto* tcp = std::get_if<HostPort>(&address);
  return tcp != nullptr && tcp->port == 0;
}

std::optional<Problem> listens_once(const Settings& settings) {
  const auto& listen = settings.listen;
  for (auto address = listen.begin(); address != listen.end(); ++address) {
    if (is_any_port(*address) || std::find(listen.begin(), address, *address) == address) continue;
    return Problem{fmt::format("listen has {} twice", to_string(*address)), "it once"};
  }
  return std::nullopt;
}

std::optional<Problem> admin_is_apart(const Settings& settings) {
  if (!settings.admin || settings.admin->port == 0) return std::nullopt;
  const ListenAddress admin = *settings.admin;
  if (std::ranges::find(settings.listen, admin) == settings.listen.end()) return std::nullopt;
  return Problem{fmt::format("admin is {}, where clients are to connect", to_string(admin)),
                 "another address than those of listen"};
}

std::optional<Problem> one_password(const Settings& settings) {
  const auto& cluster = settings.cluster;
  if (cluster.password.empty() || cluster.password_file.empty()) return std::nullopt;
  return Problem{"cluster.password and cluster.password_file are both set", "one of the two"};
}

std::optional<Problem> user_has_password(const Settings& settings) {
  const auto& cluster = settings.cluster;
  if (cluster.username.empty()) return std::nullopt;
  if (!cluster.password.empty() || !cluster.password_file.empty()) return std::nullopt;
  return Problem{"cluster.username has no password",
                 "cluster.password or cluster.password_file (any password will do for a user with "
                 "nopass)"};
}

std::optional<Problem> backoff_is_a_range(const Settings& settings) {
  const auto& cluster = settings.cluster;
  return at_most(settings, cluster.reconnect_backoff_min, cluster.reconnect_backoff_max,
                 "cluster.reconnect_backoff_min", "cluster.reconnect_backoff_max");
}

std::optional<Problem> refresh_is_a_range(const Settings& settings) {
  const auto& cluster = settings.cluster;
  return at_most(settings, cluster.refresh_min_interval, cluster.refresh_interval,
                 "cluster.refresh_min_interval", "cluster.refresh_interval");
}

std::optional<Problem> output_limits_are_a_range(const Settings& settings) {
  const auto& limits = settings.limits;
  return at_most(settings, limits.client_output_soft, limits.client_output_hard,
                 "limits.client_output_soft", "limits.client_output_hard");
}

const std::vector<Rule>& rules() {
  static const std::vector<Rule> kRules{
      {{"listen"}, needs_listener},
      {{"listen"}, listens_once},
      {{"admin", "listen"}, admin_is_apart},
      {{"cluster.seeds"}, needs_seeds},
      {{"cluster.password_file", "cluster.password"}, one_password},
      {{"cluster.username", "cluster.password", "cluster.password_file"}, user_has_password},
      {{"cluster.reconnect_backoff_min", "cluster.reconnect_backoff_max"}, backoff_is_a_range},
      {{"cluster.refresh_min_interval", "cluster.refresh_interval"}, refresh_is_a_range},
      {{"limits.client_output_soft", "limits.client_output_hard"}, output_limits_are_a_range},
  };
  return kRules;
}

/// The place to point at: the first of the rule's settings that somebody set.
Origin place_of(const Rule& rule, const Origins& origins) {
  for (const std::string_view path : rule.paths) {
    if (const auto found = origins.find(path); found != origins.end()) return found->second;
  }
  return {};
}

}  // namespace

std::vector<ConfigError> check_across(const Settings& settings, const Origins& origins,
                                      const std::set<std::string_view>& failed) {
  std::vector<ConfigError> errors;
  for (const Rule& rule : rules()) {
    const auto has_failed = [&](std::string_view path) { return failed.contains(path); };
    if (std::ranges::any_of(rule.paths, has_failed)) continue;
    if (auto problem = rule.check(settings)) {
      errors.push_back(
          {place_of(rule, origins), std::move(problem->message), std::move(problem->expected)});
    }
  }
  return errors;
}

}  // namespace slotway::config
