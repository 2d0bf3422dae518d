#pragma once

#include <functional>

#include "net/handle.h"
#include "net/loop.h"

namespace slotway::net {

/// Calls a function on the loop's thread whenever the process gets a signal.
class SignalWatcher {
 public:
  SignalWatcher(Loop& loop, int signal_number, std::function<void()> callback);

 private:
  std::function<void()> callback_;
  Handle<uv_signal_t> handle_;
};

}  // namespace slotway::net
