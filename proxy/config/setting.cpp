#include "config/setting.h"

#include <fmt/format.h>

namespace slotway::config {

std::string Setting::environment_name() const {
  std::string name(kEnvironmentPrefix);
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

Setting with_option(Setting setting, std::string_view option, std::string_view option_type) {
  setting.option = option;
  setting.option_type = option_type;
  return setting;
}

namespace detail {
namespace {

std::string describe(const Value& value) {
  if (value.kind == Value::Kind::list) return "a list";
  if (value.kind == Value::Kind::map) return "a map";
  return value.text.empty() ? "empty" : quoted_excerpt(value.text);
}

}  // namespace

ConfigError bad_value(std::string_view path, const Value& value, const std::string& expected) {
  return {value.origin, fmt::format("{} is {}", path, describe(value)), expected};
}

ConfigError bad_item(std::string_view path, const Value& item, const std::string& expected) {
  return {item.origin, fmt::format("an item of {} is {}", path, describe(item)), expected};
}

ConfigError bad_secret(std::string_view path, const Value& value, const std::string& expected) {
  return {value.origin, fmt::format("{} is not usable", path), expected};
}

}  // namespace detail

}  // namespace slotway::config
