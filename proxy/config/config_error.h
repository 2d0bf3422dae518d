#pragma once

#include <string>

namespace slotway::config {

/// Where a value came from: a place in a file, an environment variable or a command-line option.
struct Origin {
  std::string source;  ///< file name, "SLOTWAY_WORKERS" or "--workers"; empty: nobody set the value
  int line = 0;        ///< 1 and up; 0: `source` has no lines
  int column = 0;

  bool operator==(const Origin&) const = default;
};

/// One thing that is wrong with the configuration, in words for the person who wrote it.
/// It never holds the value of a secret.
struct ConfigError {
  Origin origin;
  std::string message;   ///< what is there
  std::string expected;  ///< what should be there instead

  bool operator==(const ConfigError&) const = default;
};

/// "slotway.yaml:12:15: limits.maxclients is "many", expected a number from 1 to 1000000".
/// An environment variable or option stands in the place of file:line:column.
[[nodiscard]] std::string to_string(const ConfigError& error);

}  // namespace slotway::config
