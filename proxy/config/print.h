#pragma once

#include <string>

#include "config/settings.h"

namespace slotway::config {

/// The settings as YAML that loads back to the same settings, each with its description. A password
/// given in words is shown as "<hidden>", which load() refuses; one that came from password_file is
/// not shown at all, and loads back from there.
[[nodiscard]] std::string to_yaml(const Settings& settings);

}  // namespace slotway::config
