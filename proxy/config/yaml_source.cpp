#include "config/yaml_source.h"

#include <fmt/format.h>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "config/nearest_name.h"
#include "config/setting_table.h"
#include "config/text.h"

namespace slotway::config {
namespace {

constexpr std::string_view kExpectedYaml =
    "YAML such as \"maxclients: 10000\", groups indented with spaces";

std::string join(std::string_view group, std::string_view key) {
  return group.empty() ? std::string(key) : fmt::format("{}.{}", group, key);
}

/// The names that may stand directly in a group: its settings and its subgroups.
std::vector<std::string> names_in(std::string_view group) {
  std::vector<std::string> names;
  const std::string prefix = group.empty() ? "" : fmt::format("{}.", group);
  for (const Setting& setting : setting_table()) {
    if (!setting.path.starts_with(prefix)) continue;
    const std::string_view rest = setting.path.substr(prefix.size());
    std::string name(rest.substr(0, rest.find('.')));
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return names;
}

/// What to write instead of an unknown key: a near name of the same group, a near name in another
/// group, or else all the names there are.
std::string expected_instead(std::string_view group, std::string_view key) {
  if (const Setting* dotted = group.empty() ? find_setting(key) : nullptr) {
    const auto dot = dotted->path.rfind('.');
    return fmt::format("{} indented in a line below \"{}:\"", dotted->path.substr(dot + 1),
                       dotted->path.substr(0, dot));
  }
  const std::vector<std::string> names = names_in(group);
  if (const auto near = nearest_name(key, names)) return did_you_mean(join(group, *near));

  const auto last_name = [](std::string_view path) { return path.substr(path.rfind('.') + 1); };
  std::vector<std::string> elsewhere;
  for (const Setting& setting : setting_table()) elsewhere.emplace_back(last_name(setting.path));
  if (const auto near = nearest_name(key, elsewhere)) {
    const auto table = setting_table();
    const auto found = std::ranges::find(
        table, *near, [&](const Setting& setting) { return last_name(setting.path); });
    return did_you_mean(std::string(found->path));
  }
  return fmt::format("one of {}", fmt::join(names, ", "));
}

/// The place of the first byte that YAML does not allow: no UTF-8, or a control character. yaml-cpp
/// would replace such bytes or take them for UTF-16, and so change what was written.
std::optional<Origin> find_bad_byte(std::string_view text, const std::string& name) {
  Origin place{name, 1, 1};
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_character_length(text);
    if (length == 0) return place;
    const bool white = c == '\n' || c == '\r' || c == '\t';
    if (!white && is_control_character(text, length)) return place;
    ++place.column;
    if (c == '\n') place = {name, place.line + 1, 1};
    text.remove_prefix(length);
  }
  return std::nullopt;
}

class YamlReader {
 public:
  explicit YamlReader(std::string name) : name_(std::move(name)) {}

  void read(std::string_view text) {
    if (const auto bad = find_bad_byte(text, name_)) {
      fail(*bad, "a byte that is no text", "UTF-8 without control characters");
      return;
    }
    // yaml-cpp 0.7 takes an unclosed quote for closed when the file ends in a line break.
    const std::string trimmed(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
    try {
      read_documents(YAML::LoadAll(trimmed));
    } catch (const YAML::DeepRecursion& error) {
      fail(origin(error.mark), "nested too deeply", kExpectedYaml);
    } catch (const YAML::Exception& error) {
      fail(origin(error.mark), fmt::format("bad YAML ({})", error.msg), kExpectedYaml);
    } catch (const std::exception& error) {
      fail({name_}, fmt::format("bad YAML ({})", error.what()), kExpectedYaml);
    }
  }

  SourceValues take() { return std::move(result_); }

 private:
  [[nodiscard]] Origin origin(const YAML::Mark& mark) const {
    return {name_, mark.line + 1, mark.column + 1};
  }

  void add_error(Origin place, std::string message, std::string_view expected) {
    result_.errors.push_back({std::move(place), std::move(message), std::string(expected)});
  }

  void fail(Origin place, std::string message, std::string_view expected) {
    add_error(std::move(place), std::move(message), expected);
    result_.complete = false;
  }

  void read_documents(const std::vector<YAML::Node>& documents) {
    if (documents.size() > 1) {
      fail(origin(documents[1].Mark()), "a second YAML document starts", "a single one");
      return;
    }
    if (!documents.empty()) read_group(documents[0], "");
  }

  void read_group(const YAML::Node& node, const std::string& group) {
    if (node.IsNull()) return;  // "limits:" with all its settings commented out
    if (!node.IsMap()) {
      add_error(origin(node.Mark()),
                group.empty() ? "the file is no map of settings"
                              : fmt::format("{} is no map of settings", group),
                fmt::format("a map with {}", fmt::join(names_in(group), ", ")));
      result_.complete = false;
      return;
    }
    std::map<std::string, int> line_of_key;
    for (const auto& entry : node) {
      const Origin place = origin(entry.first.Mark());
      if (!entry.first.IsScalar()) {
        add_error(place, "a key is no name", "the name of a setting");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      const auto [first, is_new] = line_of_key.emplace(key, place.line);
      if (!is_new) {
        add_error(place, fmt::format("{} is given twice", quoted_excerpt(join(group, key))),
                  fmt::format("it once (line {} has it too)", first->second));
        continue;
      }
      read_entry(group, key, place, entry.second);
    }
  }

  void read_entry(const std::string& group, const std::string& key, const Origin& place,
                  const YAML::Node& node) {
    const std::string path = join(group, key);
    if (const Setting* setting =
            key.find('.') == std::string::npos ? find_setting(path) : nullptr) {
      Value value = to_value(node, path);
      if (node.IsNull()) value.origin = place;  // yaml-cpp places it at whatever comes next
      result_.assignments.push_back({setting, std::move(value)});
    } else if (key.find('.') == std::string::npos && is_group(path)) {
      read_group(node, path);
    } else {
      add_error(place, fmt::format("unknown setting {}", quoted_excerpt(path)),
                expected_instead(group, key));
    }
  }

  /// Lists are taken one level deep, which is all that any setting takes, and so without recursion
  /// into what anchors may have tied into a knot.
  [[nodiscard]] Value to_value(const YAML::Node& node, const std::string& path) {
    Value value = to_flat_value(node, path);
    if (node.IsSequence()) {
      for (const YAML::Node& item : node) value.items.push_back(to_flat_value(item, path));
    }
    return value;
  }

  [[nodiscard]] Value to_flat_value(const YAML::Node& node, const std::string& path) {
    const std::string& tag = node.Tag();
    if (!tag.empty() && tag != "?" && tag != "!") {  // what yaml-cpp calls none, plain and quoted
      add_error(origin(node.Mark()), fmt::format("{} has a YAML tag", path), "the plain value");
    }
    Value value;
    value.origin = origin(node.Mark());
    if (node.IsScalar()) value.text = node.Scalar();
    if (node.IsSequence()) value.kind = Value::Kind::list;
    if (node.IsMap()) value.kind = Value::Kind::map;
    return value;
  }

  std::string name_;
  SourceValues result_;
};

}  // namespace

SourceValues read_yaml(std::string_view text, const std::string& name) {
  YamlReader reader(name);
  reader.read(text);
  return reader.take();
}

}  // namespace slotway::config
