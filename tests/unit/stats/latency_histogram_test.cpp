#include "stats/latency_histogram.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using slotway::stats::LatencyHistogram;

namespace {

std::size_t bucket_of(std::uint64_t nanoseconds) {
  LatencyHistogram histogram;
  histogram.observe(nanoseconds);
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    if (histogram.count(bucket) == 1) return bucket;
  }
  return LatencyHistogram::kBuckets;
}

}  // namespace

TEST_CASE("a latency falls into the first bucket whose upper bound is above it") {
  for (std::size_t bucket = 0; bucket + 1 < LatencyHistogram::kBuckets; ++bucket) {
    CAPTURE(bucket);
    const std::uint64_t bound = std::uint64_t{1024} << bucket;
    CHECK(LatencyHistogram::upper_bound_seconds(bucket) ==
          doctest::Approx(static_cast<double>(bound) / 1e9));
    CHECK(bucket_of(bound - 1) == bucket);
    CHECK(bucket_of(bound) == bucket + 1);
  }
}

TEST_CASE("the last bucket takes everything, however long") {
  constexpr std::size_t kLast = LatencyHistogram::kBuckets - 1;
  CHECK(bucket_of(8'500'000'000) == kLast - 1);
  CHECK(bucket_of(8'600'000'000) == kLast);
  CHECK(bucket_of(UINT64_MAX) == kLast);
}

TEST_CASE("the sum of latencies is kept to the nanosecond") {
  LatencyHistogram histogram;
  histogram.observe(1);
  histogram.observe(2'000'000'000);
  CHECK(histogram.sum_nanoseconds() == 2'000'000'001);
}
