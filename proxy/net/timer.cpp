#include "net/timer.h"

#include <utility>

namespace slotway::net {

Timer::Timer(Loop& loop, std::function<void()> callback) : callback_(std::move(callback)) {
  uv_timer_init(loop.raw(), handle_.raw());
  handle_.raw()->data = this;
}

void Timer::start_once(std::chrono::milliseconds delay) {
  uv_timer_start(
      handle_.raw(), [](uv_timer_t* handle) { static_cast<Timer*>(handle->data)->callback_(); },
      static_cast<std::uint64_t>(delay.count()), 0);
}

void Timer::start_repeating(std::chrono::milliseconds interval) {
  const auto milliseconds = static_cast<std::uint64_t>(interval.count());
  uv_timer_start(
      handle_.raw(), [](uv_timer_t* handle) { static_cast<Timer*>(handle->data)->callback_(); },
      milliseconds, milliseconds);
}

void Timer::stop() noexcept { uv_timer_stop(handle_.raw()); }

bool Timer::active() noexcept {
  return uv_is_active(reinterpret_cast<uv_handle_t*>(handle_.raw())) != 0;
}

TurnEnd::TurnEnd(Loop& loop, std::function<void()> callback) : callback_(std::move(callback)) {
  uv_prepare_init(loop.raw(), handle_.raw());
  handle_.raw()->data = this;
  uv_prepare_start(handle_.raw(),
                   [](uv_prepare_t* handle) { static_cast<TurnEnd*>(handle->data)->callback_(); });
}

}  // namespace slotway::net
