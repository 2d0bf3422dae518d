#pragma once

#include "config/settings.h"

namespace slotway::server {

/// Runs Slotway until SIGTERM or SIGINT. Returns the exit status: 0 after an orderly end, 1 if it could not
/// start (the reason has been printed).
[[nodiscard]] int run(const config::Settings& settings);

}  // namespace slotway::server
