#pragma once

#include <chrono>
#include <cstdint>

namespace slotway::test {

/// A clock that stands still until a test moves it. One for the whole program, because TurnClock
/// reads the time through a plain function.
class ManualClock {
 public:
  [[nodiscard]] static std::uint64_t now_ns() noexcept { return current_ns; }

  static void advance(std::chrono::nanoseconds time) noexcept {
    current_ns += static_cast<std::uint64_t>(time.count());
  }
  static void reset() noexcept { current_ns = kStart; }

 private:
  // Not zero, which a TurnClock takes for "not read"; and not small, as on a machine that is up.
  static constexpr std::uint64_t kStart = 1'000'000'000'000;
  inline static std::uint64_t current_ns = kStart;
};

}  // namespace slotway::test
