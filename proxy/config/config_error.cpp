#include "config/config_error.h"

#include <fmt/format.h>

namespace slotway::config {

std::string to_string(const ConfigError& error) {
  std::string place = error.origin.source;
  if (error.origin.line > 0) {
    place += fmt::format(":{}:{}", error.origin.line, error.origin.column);
  }
  if (!place.empty()) place += ": ";
  return fmt::format("{}{}, expected {}", place, error.message, error.expected);
}

}  // namespace slotway::config
