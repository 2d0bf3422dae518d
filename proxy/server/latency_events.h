#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace slotway::server {

struct LatencySample {
  std::int64_t unix_time_s = 0;
  std::int64_t milliseconds = 0;

  friend bool operator==(const LatencySample&, const LatencySample&) = default;
};

/// The times one kind of event took, as LATENCY HISTORY shows them: one for each second in which it
/// happened, the longest, and no more than the last 160 (latencyAddSample in latency.c).
class LatencySeries {
 public:
  static constexpr std::size_t kMostSamples = 160;

  void add(const LatencySample& sample);
  /// Adds what another worker has seen.
  void merge(const LatencySeries& other);

  /// Oldest first. Never empty, once something has been added.
  [[nodiscard]] const std::deque<LatencySample>& samples() const noexcept { return samples_; }
  [[nodiscard]] std::int64_t highest() const noexcept { return highest_; }

 private:
  std::deque<LatencySample> samples_;
  std::int64_t highest_ = 0;
};

/// Series by the name of their event.
using LatencyEvents = std::map<std::string, LatencySeries, std::less<>>;

/// A series drawn in characters, for LATENCY GRAPH: as Redis draws it (latency.c and sparkline.c).
[[nodiscard]] std::string draw_latency(std::string_view event, const LatencySeries& series,
                                       std::int64_t now_unix_s);

/// What LATENCY DOCTOR says of all series. `enabled`: latency-monitor-threshold is set.
[[nodiscard]] std::string report_latency(const LatencyEvents& events, bool enabled);

}  // namespace slotway::server
