#include "server/info_merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace slotway::server {

namespace {

using Values = std::vector<std::string_view>;

// --- Numbers -------------------------------------------------------------------------------------

/// A number with as many decimals as it is written with: most fields have none.
struct Number {
  long double value = 0;
  int decimals = 0;
};

std::optional<Number> number_of(std::string_view text) {
  Number number;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, number.value);
  if (text.empty() || error != std::errc{} || after != end) return std::nullopt;
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos) number.decimals = static_cast<int>(text.size() - point - 1);
  return number;
}

std::string to_string(const Number& number) {
  return fmt::format("{:.{}f}", number.value, number.decimals);
}

std::string value_of(const InfoSection& section, std::string_view field) {
  const InfoField* found = section.find(field);
  return found == nullptr ? std::string() : found->value;
}

long double number_in(const InfoSection& section, std::string_view field) {
  const auto number = number_of(value_of(section, field));
  return number ? number->value : 0;
}

long double quotient(long double dividend, long double divisor) {
  return divisor == 0 ? 0 : dividend / divisor;
}

// --- Rules ---------------------------------------------------------------------------------------

enum class Rule : std::uint8_t {
  sum,      ///< numbers are added up, of anything else the first counts
  first,    ///< the same for all shards, or of no meaning beyond one
  lowest,   ///< of the shards
  highest,  ///< of the shards
  worst,    ///< "ok" if all say so, else what the first other one says
  limit,    ///< a sum, unless somebody has no limit (0)
  by_host,  ///< of servers on one host only one counts
};

struct FieldRule {
  std::string_view field;
  Rule rule;
};

// Whatever is not listed is added up.
constexpr auto kRules = std::to_array<FieldRule>({
    // Clients
    {"client_recent_max_input_buffer", Rule::highest},
    {"client_recent_max_output_buffer", Rule::highest},
    // Memory
    {"total_system_memory", Rule::by_host},
    {"maxmemory", Rule::limit},
    {"number_of_functions", Rule::highest},  // every shard has all libraries
    {"number_of_libraries", Rule::highest},
    {"number_of_engines", Rule::highest},
    {"number_of_cached_scripts", Rule::highest},
    {"active_defrag_running", Rule::highest},
    // Persistence
    {"async_loading", Rule::highest},
    {"current_cow_size_age", Rule::highest},
    {"current_fork_perc", Rule::highest},
    {"rdb_bgsave_in_progress", Rule::highest},
    {"rdb_last_save_time", Rule::lowest},
    {"rdb_last_bgsave_status", Rule::worst},
    {"rdb_last_bgsave_time_sec", Rule::highest},
    {"rdb_current_bgsave_time_sec", Rule::highest},
    {"aof_enabled", Rule::lowest},
    {"aof_rewrite_in_progress", Rule::highest},
    {"aof_rewrite_scheduled", Rule::highest},
    {"aof_last_rewrite_time_sec", Rule::highest},
    {"aof_current_rewrite_time_sec", Rule::highest},
    {"aof_last_bgrewrite_status", Rule::worst},
    {"aof_last_write_status", Rule::worst},
    {"aof_rewrites_consecutive_failures", Rule::highest},
    {"module_fork_in_progress", Rule::highest},
    // Stats
    {"expired_stale_perc", Rule::highest},
    {"latest_fork_usec", Rule::highest},
    {"current_eviction_exceeded_time", Rule::highest},
    {"current_active_defrag_time", Rule::highest},
    {"instantaneous_eventloop_duration_usec", Rule::highest},
    // Replication
    {"connected_slaves", Rule::lowest},  // as many copies as every key has
    {"min_slaves_good_slaves", Rule::lowest},
    {"second_repl_offset", Rule::first},
    {"repl_backlog_active", Rule::lowest},
    {"repl_backlog_first_byte_offset", Rule::lowest},
});

// In these, numbers are ids, versions and settings, and a name may stand for several fields.
constexpr auto kFirstOnly = std::to_array<std::string_view>({"Server", "Modules", "Cluster"});

Rule rule_of(std::string_view field) {
  const auto found = std::ranges::find(kRules, field, &FieldRule::field);
  return found == kRules.end() ? Rule::sum : found->rule;
}

std::string sum(const Values& values) {
  Number total;
  for (const std::string_view value : values) {
    const auto number = number_of(value);
    if (!number) return std::string(values.front());
    total.value += number->value;
    total.decimals = std::max(total.decimals, number->decimals);
  }
  return to_string(total);
}

std::string extreme(const Values& values, bool highest) {
  std::string_view best = values.front();
  for (const std::string_view value : values) {
    const auto number = number_of(value);
    const auto known = number_of(best);
    if (!number || !known) continue;
    if (highest ? number->value > known->value : number->value < known->value) best = value;
  }
  return std::string(best);
}

std::string merge_values(Rule rule, const Values& values, const Values& hosts) {
  switch (rule) {
    case Rule::sum:
      return sum(values);
    case Rule::first:
      return std::string(values.front());
    case Rule::lowest:
      return extreme(values, false);
    case Rule::highest:
      return extreme(values, true);
    case Rule::worst: {
      const auto other = std::ranges::find_if(values, [](auto value) { return value != "ok"; });
      return std::string(other == values.end() ? values.front() : *other);
    }
    case Rule::limit:
      return std::ranges::find(values, "0") == values.end() ? sum(values) : "0";
    case Rule::by_host:
      break;
  }
  Values one_each;
  std::set<std::string_view> seen;
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (seen.insert(hosts[index]).second) one_each.push_back(values[index]);
  }
  return sum(one_each);
}

// --- Values of several parts: "keys=1,expires=0,avg_ttl=0" ---------------------------------------

using PartList = std::vector<std::pair<std::string, Number>>;

std::optional<PartList> parts_of(std::string_view value) {
  PartList parts;
  while (!value.empty()) {
    const std::string_view part = value.substr(0, value.find(','));
    value.remove_prefix(std::min(part.size() + 1, value.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto number = number_of(part.substr(equals + 1));
    if (!number) return std::nullopt;
    parts.emplace_back(std::string(part.substr(0, equals)), *number);
  }
  return parts;
}

Number& part_at(PartList& parts, std::string_view name) {
  const auto found = std::ranges::find(parts, name, &PartList::value_type::first);
  if (found != parts.end()) return found->second;
  return parts.emplace_back(std::string(name), Number()).second;
}

bool has_part(const PartList& parts, std::string_view name) {
  return std::ranges::find(parts, name, &PartList::value_type::first) != parts.end();
}

std::string to_string(const PartList& parts) {
  std::string text;
  for (const auto& [name, number] : parts) {
    text.append(text.empty() ? "" : ",").append(name).append("=").append(to_string(number));
  }
  return text;
}

// Percentiles cannot be added up: no request was slower than the slowest shard's.
std::string merge_percentiles(const std::vector<PartList>& shards) {
  PartList merged = shards.front();
  for (const PartList& parts : shards) {
    for (const auto& [name, number] : parts) {
      Number& known = part_at(merged, name);
      if (number.value > known.value) known = number;
    }
  }
  return to_string(merged);
}

std::string merge_counts(const std::vector<PartList>& shards) {
  PartList merged;
  long double ttl_sum = 0;  // avg_ttl is an average over the keys that expire
  for (PartList parts : shards) {
    for (const auto& [name, number] : parts) {
      Number& known = part_at(merged, name);
      known.value += number.value;
      known.decimals = number.decimals;
    }
    if (has_part(parts, "avg_ttl")) {
      ttl_sum += part_at(parts, "avg_ttl").value * part_at(parts, "expires").value;
    }
  }
  if (has_part(merged, "avg_ttl")) {
    part_at(merged, "avg_ttl").value = quotient(ttl_sum, part_at(merged, "expires").value);
  }
  if (has_part(merged, "usec_per_call")) {
    part_at(merged, "usec_per_call").value =
        quotient(part_at(merged, "usec").value, part_at(merged, "calls").value);
  }
  return to_string(merged);
}

// Nothing if the values are not of this kind.
std::optional<std::string> merge_parts(std::string_view section, const Values& values) {
  constexpr auto kSections =
      std::to_array<std::string_view>({"Commandstats", "Errorstats", "Latencystats", "Keyspace"});
  if (std::ranges::find(kSections, section) == kSections.end()) return std::nullopt;
  std::vector<PartList> shards;
  for (const std::string_view value : values) {
    auto parts = parts_of(value);
    if (!parts) return std::nullopt;
    shards.push_back(std::move(*parts));
  }
  return section == "Latencystats" ? merge_percentiles(shards) : merge_counts(shards);
}

// --- What follows from the sums ------------------------------------------------------------------

struct Derived {
  std::string_view field;
  std::string (*calculate)(const InfoSection& section);
};

std::string ratio(const InfoSection& section, std::string_view dividend, std::string_view divisor) {
  return fmt::format("{:.2f}", quotient(number_in(section, dividend), number_in(section, divisor)));
}

constexpr auto kDerived = std::to_array<Derived>({
    {"used_memory_peak_perc",
     [](const InfoSection& section) {
       return fmt::format("{:.2f}%", 100 * quotient(number_in(section, "used_memory"),
                                                    number_in(section, "used_memory_peak")));
     }},
    {"used_memory_dataset_perc",
     [](const InfoSection& section) {
       return fmt::format("{:.2f}%", 100 * quotient(number_in(section, "used_memory_dataset"),
                                                    number_in(section, "used_memory") -
                                                        number_in(section, "used_memory_startup")));
     }},
    {"allocator_frag_ratio",
     [](const InfoSection& section) {
       return ratio(section, "allocator_active", "allocator_allocated");
     }},
    {"allocator_rss_ratio",
     [](const InfoSection& section) {
       return ratio(section, "allocator_resident", "allocator_active");
     }},
    {"rss_overhead_ratio",
     [](const InfoSection& section) {
       return ratio(section, "used_memory_rss", "allocator_resident");
     }},
    {"mem_fragmentation_ratio",
     [](const InfoSection& section) { return ratio(section, "used_memory_rss", "used_memory"); }},
});

void derive(InfoSection& section) {
  constexpr std::string_view kHuman = "_human";
  for (InfoField& field : section.fields) {
    const std::string_view name = field.name;
    if (name.ends_with(kHuman)) {
      const InfoField* exact = section.find(name.substr(0, name.size() - kHuman.size()));
      const auto number = exact != nullptr ? number_of(exact->value) : std::nullopt;
      if (number) field.value = human_bytes(number->value);
    }
    const auto derived = std::ranges::find(kDerived, name, &Derived::field);
    if (derived != kDerived.end()) field.value = derived->calculate(section);
  }
}

// --- Sections ------------------------------------------------------------------------------------

// Every name that some shard has, in the order in which they appear.
template <typename Items, typename Name>
void collect(std::vector<std::string>& names, const Items& items, Name name) {
  for (const auto& item : items) {
    if (std::ranges::find(names, item.*name) == names.end()) names.push_back(item.*name);
  }
}

// Replicas are the shards' own affair, and redirections what Slotway is there to hide.
bool is_hidden(std::string_view section, std::string_view field) {
  if (section == "Errorstats") return field == "errorstat_MOVED" || field == "errorstat_ASK";
  if (section != "Replication" || !field.starts_with("slave")) return false;
  return field.size() > 5 && field[5] >= '0' && field[5] <= '9';
}

InfoSection merge_section(const std::string& name, std::span<const ShardInfo> shards) {
  std::map<std::string, std::pair<Values, Values>, std::less<>> values;  // with the hosts
  InfoSection merged{.name = name};
  for (const ShardInfo& shard : shards) {
    const auto section = std::ranges::find(shard.sections, name, &InfoSection::name);
    if (section == shard.sections.end()) continue;
    if (std::ranges::find(kFirstOnly, name) != kFirstOnly.end()) return *section;
    for (const InfoField& field : section->fields) {
      if (is_hidden(name, field.name)) continue;
      auto& [known, hosts] = values[field.name];
      if (known.empty()) merged.fields.push_back({.name = field.name});
      known.push_back(field.value);
      hosts.push_back(shard.host);
    }
  }
  for (InfoField& field : merged.fields) {
    const auto& [known, hosts] = values[field.name];
    auto parts = merge_parts(name, known);
    field.value = parts ? std::move(*parts) : merge_values(rule_of(field.name), known, hosts);
  }
  derive(merged);
  return merged;
}

}  // namespace

InfoSections merge_info(std::span<const ShardInfo> shards) {
  std::vector<std::string> names;
  for (const ShardInfo& shard : shards) collect(names, shard.sections, &InfoSection::name);
  InfoSections merged;
  for (const std::string& name : names) merged.push_back(merge_section(name, shards));
  return merged;
}

std::string human_bytes(long double bytes) {
  constexpr std::string_view kUnits = "KMGTP";
  constexpr long double kStep = 1024;
  if (bytes < kStep) return fmt::format("{:.0f}B", bytes);
  std::size_t unit = 0;
  bytes /= kStep;
  while (bytes >= kStep && unit + 1 < kUnits.size()) {
    bytes /= kStep;
    ++unit;
  }
  return fmt::format("{:.2f}{}", bytes, kUnits[unit]);
}

}  // namespace slotway::server
