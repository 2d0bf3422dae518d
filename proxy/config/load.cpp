#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "config/cross_checks.h"
#include "config/setting_table.h"
#include "config/source.h"
#include "config/text.h"
#include "config/text_file.h"
#include "config/yaml_source.h"

namespace slotway::config {
namespace {

constexpr std::size_t kMaxConfigBytes = 1'048'576;
constexpr std::size_t kMaxPasswordBytes = 4'096;

SourceValues read_options(const std::vector<OptionValues>& options) {
  SourceValues result;
  for (const OptionValues& given : options) {
    const auto table = setting_table();
    const auto setting = std::ranges::find(table, given.option, &Setting::option);
    const Origin origin{given.option};
    if (given.option.empty() || setting == table.end() || given.values.empty()) {
      result.errors.push_back({origin, "this option stands for no setting", "one with a value"});
      continue;
    }
    std::vector<Value> items;
    for (const auto& text : given.values) items.push_back(Value::of_text(text, origin));
    result.assignments.push_back({&*setting, setting->is_list
                                                 ? Value::of_list(std::move(items), origin)
                                                 : std::move(items.back())});
  }
  return result;
}

/// Applies the sources in the order they are given and remembers who set what.
class Loader {
 public:
  void apply(SourceValues source) {
    complete_ = complete_ && source.complete;
    for (const Assignment& assignment : source.assignments) {
      const std::size_t errors_before = source.errors.size();
      assignment.setting->assign(settings_, assignment.value, source.errors);
      origins_[assignment.setting->path] = assignment.value.origin;
      if (source.errors.size() > errors_before) failed_.insert(assignment.setting->path);
    }
    // In the order of the lines; errors without lines stay as they are.
    std::multimap<std::pair<int, int>, ConfigError> by_place;
    for (ConfigError& error : source.errors) {
      by_place.emplace(std::pair(error.origin.line, error.origin.column), std::move(error));
    }
    for (auto& [place, error] : by_place) errors_.push_back(std::move(error));
  }

  std::expected<Settings, std::vector<ConfigError>> finish() {
    if (complete_) {
      std::ranges::move(check_across(settings_, origins_, failed_), std::back_inserter(errors_));
    }
    read_password_file();
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    return std::move(settings_);
  }

 private:
  /// One line break at the end is the editor's and not the password's.
  void read_password_file() {
    const std::string& path = settings_.cluster.password_file;
    if (path.empty() || !settings_.cluster.password.empty()) return;
    auto content = read_text_file(path, kMaxPasswordBytes);
    if (!content) {
      fail_password_file(fmt::format("{}: {}", quoted_excerpt(path), content.error()),
                         "a readable file");
      return;
    }
    if (content->ends_with('\n')) content->pop_back();
    if (content->ends_with('\r')) content->pop_back();
    if (content->empty() || !is_plain_text(*content)) {
      fail_password_file(fmt::format("{} holds no password", quoted_excerpt(path)),
                         "a file with the password as its only line");
      return;
    }
    settings_.cluster.password = *std::move(content);
  }

  void fail_password_file(const std::string& problem, std::string expected) {
    constexpr std::string_view kPath = "cluster.password_file";
    errors_.push_back({origins_[kPath], fmt::format("{} {}", kPath, problem), std::move(expected)});
  }

  Settings settings_;
  Origins origins_;
  std::set<std::string_view> failed_;
  std::vector<ConfigError> errors_;
  bool complete_ = true;
};

}  // namespace

std::expected<ConfigText, ConfigError> read_config_file(const std::string& path) {
  auto text = read_text_file(path, kMaxConfigBytes);
  if (text) return ConfigText{path, *std::move(text)};
  return std::unexpected(ConfigError{
      {path}, fmt::format("cannot read the configuration: {}", text.error()), "a readable file"});
}

std::expected<Settings, std::vector<ConfigError>> load(const Sources& sources) {
  Loader loader;
  if (sources.file) loader.apply(read_yaml(sources.file->text, sources.file->name));
  loader.apply(read_environment(sources.environment));
  loader.apply(read_options(sources.options));
  return loader.finish();
}

}  // namespace slotway::config
