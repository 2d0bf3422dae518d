#include "config/setting_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "unit/config/load_helpers.h"

namespace slotway::config {

TEST_CASE("every setting has a path, a description and an environment name of its own") {
  std::set<std::string_view> paths;
  std::set<std::string> environment_names;
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    CHECK(paths.insert(setting.path).second);
    CHECK(environment_names.insert(setting.environment_name()).second);
    CHECK_FALSE(setting.description.empty());
    CHECK(setting.description.find('\n') == std::string_view::npos);
    CHECK_FALSE(is_group(setting.path));
    CHECK(std::ranges::all_of(
        setting.path, [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; }));
  }
  CHECK(find_setting("limits.maxclients")->environment_name() == "SLOTWAY_LIMITS_MAXCLIENTS");
}

TEST_CASE("the settings of a group stand together") {
  std::set<std::string_view> groups;
  std::string_view current;
  for (const Setting& setting : setting_table()) {
    const auto dot = setting.path.rfind('.');
    const auto group = dot == std::string_view::npos ? "" : setting.path.substr(0, dot);
    if (group == current) continue;
    current = group;
    CAPTURE(group);
    CHECK(groups.insert(group).second);
    CHECK(is_group(group));
  }
}

TEST_CASE("paths are found whole, groups by their name alone") {
  CHECK(find_setting("limits") == nullptr);
  CHECK(find_setting("limits.maxclient") == nullptr);
  CHECK(find_setting("") == nullptr);
  CHECK(is_group("limits"));
  CHECK_FALSE(is_group("limit"));
  CHECK_FALSE(is_group("limits.maxclients"));
}

TEST_CASE("every setting can be given its own default and then has changed nothing") {
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    std::string yaml;
    const auto dot = setting.path.find('.');
    if (dot != std::string_view::npos) {
      yaml += std::string(setting.path.substr(0, dot)) + ":\n  ";
    }
    yaml += std::string(setting.path.substr(dot + 1)) + ": " + setting.to_yaml(Settings{}) + "\n";
    Sources sources = from_yaml(yaml);
    sources.environment = {{"SLOTWAY_CLUSTER_SEEDS", "10.0.0.1:7000"}};
    auto settings = load(sources);
    REQUIRE(settings.has_value());
    settings->cluster.seeds.clear();
    CHECK(*settings == Settings{});
  }
}

// Two rows that lead to the same member would show here.
TEST_CASE("every setting changes itself and no other") {
  const std::vector<std::string> texts{"7",     "70",          "7s",         "20mb", "trace",
                                       "json",  "127.0.0.1:7", "10.0.0.1:7", "7ms",  "word",
                                       "700ms", "100kb",       "true",       "false"};
  const Settings defaults;
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    Settings settings;
    for (const auto& text : texts) {
      const Value item = Value::of_text(text, {});
      std::vector<ConfigError> errors;
      setting.assign(settings, setting.is_list ? Value::of_list({item}, {}) : item, errors);
      if (setting.to_yaml(settings) != setting.to_yaml(defaults)) break;
    }
    for (const Setting& other : setting_table()) {
      CAPTURE(other.path);
      CHECK((other.to_yaml(settings) != other.to_yaml(defaults)) == (other.path == setting.path));
    }
  }
}

TEST_CASE("every setting refuses a map, a control character and, a few texts apart, any word") {
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    const bool is_text = setting.path == "cluster.username" || setting.path == "cluster.password" ||
                         setting.path == "cluster.password_file" || setting.path == "log.file" ||
                         setting.path == "cluster_announce_ip";
    Value map;
    map.kind = Value::Kind::map;
    for (const Value& value : {map, Value::of_text("a\x01", {}), Value::of_text("nonsense", {})}) {
      if (is_text && value.text == "nonsense") continue;
      Settings settings;
      std::vector<ConfigError> errors;
      setting.assign(settings, value, errors);
      CHECK(errors.size() == 1);
      CHECK(settings == Settings{});
    }
  }
}

}  // namespace slotway::config
