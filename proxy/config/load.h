#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/environment_source.h"
#include "config/settings.h"

namespace slotway::config {

/// The content of a configuration file and the name that errors give it.
struct ConfigText {
  std::string name;
  std::string text;
};

/// A command-line option that stands for a setting of the table.
struct OptionValues {
  std::string option;               ///< as in the table: "--listen"
  std::vector<std::string> values;  ///< one for each time it was given, at least one
};

/// Where settings come from; the later overrule the earlier, and all overrule the defaults.
struct Sources {
  std::optional<ConfigText> file;
  std::vector<EnvironmentVariable> environment;
  std::vector<OptionValues> options;
};

/// Reads a configuration file of at most 1 MB.
[[nodiscard]] std::expected<ConfigText, ConfigError> read_config_file(const std::string& path);

/// Settings that hold every rule of the table and the rules across settings, or every error found.
/// A value that a later source overrules must be right all the same. Reads cluster.password_file.
/// Never throws.
[[nodiscard]] std::expected<Settings, std::vector<ConfigError>> load(const Sources& sources);

}  // namespace slotway::config
