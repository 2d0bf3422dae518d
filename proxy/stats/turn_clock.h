#pragma once

#include <cstdint>

namespace slotway::stats {

/// The time as one loop turn sees it: read at most once per turn, however many requests it handles.
class TurnClock {
 public:
  using Read = std::uint64_t (*)();

  /// `read` gives nanoseconds of a monotonic clock, never 0. Tests pass their own.
  explicit TurnClock(Read read) noexcept : read_(read) {}

  [[nodiscard]] std::uint64_t now_ns() noexcept {
    if (now_ns_ == 0) now_ns_ = read_();
    return now_ns_;
  }
  /// True if anything in this turn has asked for the time.
  [[nodiscard]] bool was_read() const noexcept { return now_ns_ != 0; }
  void end_turn() noexcept { now_ns_ = 0; }

 private:
  const Read read_;
  std::uint64_t now_ns_ = 0;
};

}  // namespace slotway::stats
