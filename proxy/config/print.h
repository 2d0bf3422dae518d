#pragma once

#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/settings.h"

namespace slotway::config {

/// The settings as YAML that loads back to the same settings, each with its description. A password
/// given in words is shown as "<hidden>"; one that came from password_file is not shown at all, and
/// loads back from there.
[[nodiscard]] std::string to_yaml(const Settings& settings);

/// An error for each secret that is the "<hidden>" of a printed configuration. Such settings can be
/// printed again, but Slotway must not start with them: it would send "<hidden>" as the password.
[[nodiscard]] std::vector<ConfigError> find_stand_ins(const Settings& settings);

}  // namespace slotway::config
