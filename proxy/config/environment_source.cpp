#include "config/environment_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "config/nearest_name.h"
#include "config/setting_table.h"
#include "config/text.h"

namespace slotway::config {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Kubernetes gives every container, for each Service in its namespace, the variables
/// <NAME>_SERVICE_HOST, <NAME>_SERVICE_PORT[_<PORT NAME>], <NAME>_PORT=tcp://... and
/// <NAME>_PORT_<number>_<TCP|UDP|SCTP>[_PROTO|_PORT|_ADDR]. A Service "slotway" must not stop
/// Slotway.
bool is_kubernetes_service(const EnvironmentVariable& variable) {
  constexpr std::array<std::string_view, 3> kSchemes{"tcp://", "udp://", "sctp://"};
  const std::string_view name = variable.name;
  if (name.ends_with("_SERVICE_HOST") || name.find("_SERVICE_PORT") != std::string_view::npos) {
    return true;
  }
  if (name.ends_with("_PORT")) {
    const std::string_view value = variable.value;
    const auto matches = [&](std::string_view scheme) { return value.starts_with(scheme); };
    if (std::ranges::any_of(kSchemes, matches)) return true;
  }
  constexpr std::string_view kPort = "_PORT_";
  const auto port = name.find(kPort);
  if (port == std::string_view::npos) return false;
  const std::string_view rest = name.substr(port + kPort.size());
  const auto end = rest.find('_');
  if (end == std::string_view::npos || !is_number(rest.substr(0, end))) return false;
  const std::string_view protocol = rest.substr(end + 1);
  return protocol.starts_with("TCP") || protocol.starts_with("UDP") || protocol.starts_with("SCTP");
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

Value list_value(std::string_view text, const Origin& origin) {
  std::vector<Value> items;
  while (!trimmed(text).empty()) {
    const auto comma = text.find(',');
    items.push_back(Value::of_text(std::string(trimmed(text.substr(0, comma))), origin));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return Value::of_list(std::move(items), origin);
}

ConfigError unknown_variable(const std::string& name) {
  // The common prefix must not count: it would make every short name look near to every other.
  std::vector<std::string> known;
  for (const Setting& setting : setting_table()) {
    known.push_back(setting.environment_name().substr(kEnvironmentPrefix.size()));
  }
  const auto near = nearest_name(std::string_view(name).substr(kEnvironmentPrefix.size()), known);
  const std::string shown = is_plain_text(name) ? name : quoted_excerpt(name);
  return {{shown},
          "this environment variable is no setting",
          near ? did_you_mean(fmt::format("{}{}", kEnvironmentPrefix, *near))
               : "SLOTWAY_ and the path of a setting, such as SLOTWAY_LIMITS_MAXCLIENTS"};
}

}  // namespace

std::vector<EnvironmentVariable> slotway_variables(const char* const* environment) {
  std::vector<EnvironmentVariable> variables;
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry(*environment);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos || !entry.starts_with(kEnvironmentPrefix)) continue;
    variables.push_back(
        {std::string(entry.substr(0, equals)), std::string(entry.substr(equals + 1))});
  }
  return variables;
}

SourceValues read_environment(std::span<const EnvironmentVariable> variables) {
  SourceValues result;
  for (const EnvironmentVariable& variable : variables) {
    const auto table = setting_table();
    const auto setting = std::ranges::find(table, variable.name, &Setting::environment_name);
    if (setting != table.end()) {
      const Origin origin{variable.name};
      result.assignments.push_back({&*setting, setting->is_list
                                                   ? list_value(variable.value, origin)
                                                   : Value::of_text(variable.value, origin)});
    } else if (variable.name.starts_with(kEnvironmentPrefix) && !is_kubernetes_service(variable)) {
      result.errors.push_back(unknown_variable(variable.name));
    }
  }
  return result;
}

}  // namespace slotway::config
