#include "net/signal_watcher.h"

#include <utility>

namespace slotway::net {

SignalWatcher::SignalWatcher(Loop& loop, int signal_number, std::function<void()> callback)
    : callback_(std::move(callback)) {
  uv_signal_init(loop.raw(), handle_.raw());
  handle_.raw()->data = this;
  uv_signal_start(
      handle_.raw(),
      [](uv_signal_t* handle, int) { static_cast<SignalWatcher*>(handle->data)->callback_(); },
      signal_number);
}

}  // namespace slotway::net
