#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "net/handle.h"
#include "net/loop.h"

namespace slotway::net {

/// The way into a loop from other threads: posted work runs on the loop's thread, between its
/// events, in the order posted. For the slow path only (a new client, a new slot map, a shutdown).
class Mailbox {
 public:
  explicit Mailbox(Loop& loop);

  /// Callable from any thread while the mailbox lives.
  void post(std::function<void()> work);

 private:
  void run_posted();

  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  Handle<uv_async_t> handle_;
};

}  // namespace slotway::net
