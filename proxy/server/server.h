#pragma once

#include <string>

#include "config/settings.h"

namespace slotway::server {

/// Runs Slotway until SIGTERM or SIGINT. Returns the exit status: 0 after an orderly end, 1 if it
/// could not start (the reason has been printed). `config_file` is where the settings came from;
/// clients may ask.
[[nodiscard]] int run(const config::Settings& settings, const std::string& config_file);

}  // namespace slotway::server
