#pragma once

#include <atomic>
#include <cstdint>

namespace slotway::stats {

/// A number that one thread (its worker) writes and any thread may read, for example at a scrape.
///
/// It is not an atomic read-modify-write: with a single writer a relaxed load and store is enough
/// and compiles to a plain add. Two writers would lose counts, so each worker owns its own set.
class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  void subtract(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }

  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A Counter that goes up and down; the same single-writer rule holds.
using Gauge = Counter;

}  // namespace slotway::stats
