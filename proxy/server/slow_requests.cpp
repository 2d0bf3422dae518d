#include "server/slow_requests.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace slotway::server {

namespace {

constexpr std::int64_t kNanosecondsPerMicrosecond = 1'000;
constexpr std::int64_t kNanosecondsPerMillisecond = 1'000'000;

std::uint64_t in_nanoseconds(std::int64_t amount, std::int64_t unit) noexcept {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max() / unit;
  return static_cast<std::uint64_t>(std::min(amount, most) * unit);
}

std::int64_t unix_time_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

void SlowRequests::adopt_settings() noexcept {
  const std::int64_t slower_than = settings_.slowlog_log_slower_than.load();
  const std::int64_t threshold = settings_.latency_monitor_threshold.load();
  least_ns_ = kNever;
  if (slower_than >= 0) least_ns_ = in_nanoseconds(slower_than, kNanosecondsPerMicrosecond);
  if (threshold > 0) {
    least_ns_ = std::min(least_ns_, in_nanoseconds(threshold, kNanosecondsPerMillisecond));
  }
}

void SlowRequests::note(SlowRequest request) {
  const auto nanoseconds = static_cast<std::int64_t>(request.nanoseconds);
  const std::int64_t microseconds = nanoseconds / kNanosecondsPerMicrosecond;
  const std::int64_t milliseconds = nanoseconds / kNanosecondsPerMillisecond;
  const std::int64_t now = unix_time_s();
  const std::int64_t threshold = settings_.latency_monitor_threshold.load();
  if (threshold > 0 && milliseconds >= threshold) {
    events_[request.is_fast_command ? "fast-command" : "command"].add({now, milliseconds});
  }
  const std::int64_t slower_than = settings_.slowlog_log_slower_than.load();
  if (slower_than < 0 || microseconds < slower_than) return;
  log_.add({.id = settings_.next_slowlog_id.fetch_add(1),
            .unix_time_s = now,
            .microseconds = microseconds,
            .arguments = std::move(request.arguments),
            .address = std::move(request.address),
            .name = std::move(request.name)},
           static_cast<std::size_t>(settings_.slowlog_max_len.load()));
}

}  // namespace slotway::server
