#pragma once

#include <chrono>
#include <functional>

#include "net/handle.h"
#include "net/loop.h"

namespace slotway::net {

/// Calls a function once or again and again. Resolution is a millisecond.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> callback);

  void start_once(std::chrono::milliseconds delay);
  void start_repeating(std::chrono::milliseconds interval);
  void stop() noexcept;
  [[nodiscard]] bool active() noexcept;

 private:
  std::function<void()> callback_;
  Handle<uv_timer_t> handle_;
};

/// Calls a function once per loop turn, after the turn's events and before the loop sleeps: the
/// moment to write out, in one go, what the turn's events have produced.
class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> callback);

 private:
  std::function<void()> callback_;
  Handle<uv_prepare_t> handle_;
};

}  // namespace slotway::net
