#include "cluster/cluster_info.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "cluster/quoted.h"

namespace slotway::cluster {
namespace {

struct NumberField {
  std::string_view name;
  std::uint64_t ClusterInfo::* member;
};

constexpr std::array kNumberFields = {
    NumberField{"cluster_slots_assigned", &ClusterInfo::slots_assigned},
    NumberField{"cluster_slots_ok", &ClusterInfo::slots_ok},
    NumberField{"cluster_slots_pfail", &ClusterInfo::slots_pfail},
    NumberField{"cluster_slots_fail", &ClusterInfo::slots_fail},
    NumberField{"cluster_known_nodes", &ClusterInfo::known_nodes},
    NumberField{"cluster_size", &ClusterInfo::size},
    NumberField{"cluster_current_epoch", &ClusterInfo::current_epoch},
    NumberField{"cluster_my_epoch", &ClusterInfo::my_epoch},
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::expected<ClusterInfo, std::string> parse_cluster_info(std::string_view text) {
  ClusterInfo info;
  bool has_state = false;
  bool has_epoch = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (name == "cluster_state") {
      info.state_ok = value == "ok";
      has_state = true;
      continue;
    }
    for (const NumberField& field : kNumberFields) {
      if (name != field.name) continue;
      const std::optional<std::uint64_t> parsed = number(value);
      if (!parsed) return std::unexpected(fmt::format("{} is no number: {}", name, quoted(value)));
      info.*field.member = *parsed;
      has_epoch = has_epoch || field.member == &ClusterInfo::current_epoch;
    }
  }
  if (!has_state) return std::unexpected(std::string("cluster_state is missing"));
  if (!has_epoch) return std::unexpected(std::string("cluster_current_epoch is missing"));
  return info;
}

}  // namespace slotway::cluster
