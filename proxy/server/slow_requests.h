#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "server/latency_events.h"
#include "server/runtime_settings.h"
#include "server/slow_log.h"

namespace slotway::server {

/// A request that took long enough to be kept.
struct SlowRequest {
  std::uint64_t nanoseconds = 0;
  bool is_fast_command = false;  ///< one that Redis marks as fast
  std::string arguments;         ///< as in SlowLogEntry
  std::string address;
  std::string name;
};

/// The slow log and the latency events of one worker, and from when on a request is slow. That is
/// one number for both, so that the ordinary request is compared once.
class SlowRequests {
 public:
  explicit SlowRequests(RuntimeSettings& settings) noexcept : settings_(settings) {
    adopt_settings();
  }

  /// To be called on every worker when the settings have changed.
  void adopt_settings() noexcept;

  /// A request is to be noted if it took so long or longer.
  [[nodiscard]] std::uint64_t least_ns() const noexcept { return least_ns_; }
  /// False: nothing is ever noted.
  [[nodiscard]] bool is_on() const noexcept { return least_ns_ != kNever; }

  void note(SlowRequest request);

  [[nodiscard]] SlowLog& log() noexcept { return log_; }
  [[nodiscard]] LatencyEvents& events() noexcept { return events_; }

 private:
  static constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

  RuntimeSettings& settings_;
  std::uint64_t least_ns_ = kNever;
  SlowLog log_;
  LatencyEvents events_;
};

}  // namespace slotway::server
