#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/codec.h"
#include "config/config_error.h"
#include "config/settings.h"
#include "config/text.h"
#include "config/value.h"

namespace slotway::config {

/// Whether a running Slotway can take over a changed value.
enum class Change : std::uint8_t { live, needs_restart };

/// One row of the setting table: all there is to know about a setting. YAML, environment and
/// command line read it through `assign`, --print-config writes it through `to_yaml`.
struct Setting {
  std::string_view path;         ///< "limits.maxclients"
  std::string_view option;       ///< "--workers", or empty: none on the command line
  std::string_view option_type;  ///< what --help shows for the option's value
  std::string_view description;  ///< one line
  Change change = Change::needs_restart;
  bool is_list = false;
  std::string expected;  ///< what values it takes, to end "..., expected "

  /// Reads a value into its member; on a bad one it adds to the errors and leaves the member alone.
  std::function<void(Settings&, const Value&, std::vector<ConfigError>&)> assign;
  /// The member as one line of YAML that `assign` reads back.
  std::function<std::string(const Settings&)> to_yaml;
  /// Of secrets only: true if the member is not the secret but what to_yaml shows in its place.
  std::function<bool(const Settings&)> holds_stand_in;

  /// "SLOTWAY_LIMITS_MAXCLIENTS"
  [[nodiscard]] std::string environment_name() const;
};

inline constexpr std::string_view kEnvironmentPrefix = "SLOTWAY_";

namespace detail {

/// The errors for a value or a list's item that `expected` does not describe.
[[nodiscard]] ConfigError bad_value(std::string_view path, const Value& value,
                                    const std::string& expected);
[[nodiscard]] ConfigError bad_item(std::string_view path, const Value& item,
                                   const std::string& expected);
/// The same for a secret, which it does not show.
[[nodiscard]] ConfigError bad_secret(std::string_view path, const Value& value,
                                     const std::string& expected);

/// `settings` followed along a chain of member pointers: settings.limits.maxclients.
template <typename Object>
[[nodiscard]] Object& follow(Object& object) {
  return object;
}
template <typename Object, typename First, typename... Rest>
[[nodiscard]] auto& follow(Object& object, First first, Rest... rest) {
  return follow(object.*first, rest...);
}

template <typename Codec>
[[nodiscard]] std::string scalar_to_yaml(const Codec& codec, const typename Codec::Type& value) {
  return Codec::kQuoted ? quoted(codec.print(value)) : codec.print(value);
}

template <typename Codec>
[[nodiscard]] std::optional<typename Codec::Type> scalar_from(const Codec& codec,
                                                              const Value& value) {
  return value.kind == Value::Kind::text ? codec.parse(value.text) : std::nullopt;
}

}  // namespace detail

/// A setting with one value. `members` lead to it: &Settings::limits, &LimitSettings::maxclients.
template <typename Codec, typename... Members>
[[nodiscard]] Setting scalar(std::string_view path, Codec codec, Change change,
                             std::string_view description, Members... members) {
  Setting setting;
  setting.path = path;
  setting.description = description;
  setting.change = change;
  setting.expected = codec.expected();
  setting.assign = [=, expected = setting.expected](Settings& settings, const Value& value,
                                                    std::vector<ConfigError>& errors) {
    if (auto parsed = detail::scalar_from(codec, value)) {
      detail::follow(settings, members...) = *std::move(parsed);
    } else {
      constexpr auto kError =
          std::is_same_v<Codec, SecretCodec> ? detail::bad_secret : detail::bad_value;
      errors.push_back(kError(path, value, expected));
    }
  };
  setting.to_yaml = [=](const Settings& settings) {
    return detail::scalar_to_yaml(codec, detail::follow(settings, members...));
  };
  if constexpr (std::is_same_v<Codec, SecretCodec>) {
    setting.holds_stand_in = [=](const Settings& settings) {
      return detail::follow(settings, members...) == SecretCodec::kHidden;
    };
  }
  return setting;
}

/// A setting with a list of values, each read by `codec`. Every bad item is an error of its own.
template <typename Codec, typename... Members>
[[nodiscard]] Setting list(std::string_view path, Codec codec, Change change,
                           std::string_view description, Members... members) {
  Setting setting;
  setting.path = path;
  setting.description = description;
  setting.change = change;
  setting.is_list = true;
  setting.expected = "a list, each item " + codec.expected();
  setting.assign = [=, expected = setting.expected](Settings& settings, const Value& value,
                                                    std::vector<ConfigError>& errors) {
    if (value.kind != Value::Kind::list) {
      errors.push_back(detail::bad_value(path, value, expected));
      return;
    }
    std::vector<typename Codec::Type> parsed;
    for (const Value& item : value.items) {
      if (auto element = detail::scalar_from(codec, item)) {
        parsed.push_back(*std::move(element));
      } else {
        errors.push_back(detail::bad_item(path, item, codec.expected()));
      }
    }
    if (parsed.size() == value.items.size()) {
      detail::follow(settings, members...) = std::move(parsed);
    }
  };
  setting.to_yaml = [=](const Settings& settings) {
    std::string result = "[";
    for (const auto& element : detail::follow(settings, members...)) {
      if (result.size() > 1) result += ", ";
      result += detail::scalar_to_yaml(codec, element);
    }
    return result + "]";
  };
  return setting;
}

/// The same setting, also as a command-line option.
[[nodiscard]] Setting with_option(Setting setting, std::string_view option,
                                  std::string_view option_type);

}  // namespace slotway::config
