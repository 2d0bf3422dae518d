#pragma once

#include <atomic>
#include <cstdint>

#include "config/settings.h"

namespace slotway::server {

/// The settings that clients may change while Slotway runs (CONFIG SET). They begin as the
/// configuration has them and are not written back to it. One object for all threads; each may read
/// and write at any time.
struct RuntimeSettings {
  RuntimeSettings() : RuntimeSettings(config::Settings{}) {}
  explicit RuntimeSettings(const config::Settings& settings)
      : maxclients(static_cast<std::int64_t>(settings.limits.maxclients)) {}

  std::atomic<std::int64_t> maxclients;
};

}  // namespace slotway::server
