#pragma once

#include <atomic>
#include <cstdint>

#include "config/settings.h"

namespace slotway::server {

/// The settings that clients may change while Slotway runs (CONFIG SET), and what goes on over all
/// workers because of them. The settings begin as the configuration has them and are not written
/// back to it. One object for all threads; each may read and write at any time.
struct RuntimeSettings {
  RuntimeSettings() : RuntimeSettings(config::Settings{}) {}
  explicit RuntimeSettings(const config::Settings& settings)
      : maxclients(static_cast<std::int64_t>(settings.limits.maxclients)),
        slowlog_log_slower_than(settings.log.slowlog_log_slower_than),
        slowlog_max_len(static_cast<std::int64_t>(settings.log.slowlog_max_len)),
        latency_monitor_threshold(
            static_cast<std::int64_t>(settings.log.latency_monitor_threshold)) {}

  std::atomic<std::int64_t> maxclients;
  std::atomic<std::int64_t> slowlog_log_slower_than;    ///< microseconds; negative: off
  std::atomic<std::int64_t> slowlog_max_len;            ///< of all workers together
  std::atomic<std::int64_t> latency_monitor_threshold;  ///< milliseconds; zero: off
  std::atomic<std::uint64_t> next_slowlog_id{0};
};

}  // namespace slotway::server
