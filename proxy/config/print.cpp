#include "config/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <vector>

#include "config/setting_table.h"

namespace slotway::config {
namespace {

constexpr std::size_t kDescriptionColumn = 48;

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> names;
  for (;;) {
    const auto dot = path.find('.');
    names.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return names;
    path.remove_prefix(dot + 1);
  }
}

/// Opens the groups of `names` that `previous` had not opened yet.
void open_groups(std::string& yaml, const std::vector<std::string_view>& names,
                 const std::vector<std::string_view>& previous) {
  const auto groups = names.size() - 1;
  auto depth = static_cast<std::size_t>(std::ranges::mismatch(names, previous).in1 - names.begin());
  for (; depth < groups; ++depth) {
    if (depth == 0) yaml += '\n';
    fmt::format_to(std::back_inserter(yaml), "{:{}}{}:\n", "", 2 * depth, names[depth]);
  }
}

}  // namespace

std::string to_yaml(const Settings& settings) {
  // The file's content stays in the file: with both given, the output could not be loaded.
  Settings shown = settings;
  if (!shown.cluster.password_file.empty()) shown.cluster.password.clear();

  std::string yaml;
  std::vector<std::string_view> previous;
  for (const Setting& setting : setting_table()) {
    const auto names = split_path(setting.path);
    open_groups(yaml, names, previous);
    const std::string line = fmt::format("{:{}}{}: {}", "", 2 * (names.size() - 1), names.back(),
                                         setting.to_yaml(shown));
    fmt::format_to(std::back_inserter(yaml), "{:<{}}  # {}\n", line, kDescriptionColumn,
                   setting.description);
    previous = names;
  }
  return yaml;
}

std::vector<ConfigError> find_stand_ins(const Settings& settings) {
  std::vector<ConfigError> errors;
  for (const Setting& setting : setting_table()) {
    if (!setting.holds_stand_in || !setting.holds_stand_in(settings)) continue;
    errors.push_back({{},
                      fmt::format("{} is {}", setting.path, setting.to_yaml(settings)),
                      "the secret itself, which --print-config does not show"});
  }
  return errors;
}

}  // namespace slotway::config
