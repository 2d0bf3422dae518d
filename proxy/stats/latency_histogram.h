#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "stats/counter.h"

namespace slotway::stats {

/// Request latency in powers of two of 1024 ns ("microseconds" below): bucket i counts requests
/// that took less than 2^i of them, the last one everything longer (8.6 s and more). One shift per
/// observation; the Prometheus exporter turns the counts into cumulative `le` buckets.
class LatencyHistogram {
 public:
  static constexpr std::size_t kBuckets = 25;

  void observe(std::uint64_t nanoseconds) noexcept {
    const std::uint64_t microseconds = nanoseconds / 1024;  // 2.4% long, and a shift, no division
    const auto width = static_cast<std::size_t>(std::bit_width(microseconds));
    counts_[width < kBuckets ? width : kBuckets - 1].add();
    sum_nanoseconds_.add(nanoseconds);
  }

  [[nodiscard]] std::uint64_t count(std::size_t bucket) const noexcept {
    return counts_[bucket].value();
  }
  [[nodiscard]] std::uint64_t sum_nanoseconds() const noexcept { return sum_nanoseconds_.value(); }

  /// Upper bound of a bucket in seconds; the last bucket has none (it is +Inf).
  [[nodiscard]] static constexpr double upper_bound_seconds(std::size_t bucket) noexcept {
    return static_cast<double>(std::uint64_t{1024} << bucket) / 1e9;
  }

 private:
  std::array<Counter, kBuckets> counts_;
  Counter sum_nanoseconds_;
};

}  // namespace slotway::stats
