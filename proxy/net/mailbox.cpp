#include "net/mailbox.h"

#include <utility>

namespace slotway::net {

Mailbox::Mailbox(Loop& loop) {
  uv_async_init(loop.raw(), handle_.raw(),
                [](uv_async_t* handle) { static_cast<Mailbox*>(handle->data)->run_posted(); });
  handle_.raw()->data = this;
}

void Mailbox::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  uv_async_send(handle_.raw());
}

void Mailbox::run_posted() {
  std::vector<std::function<void()>> batch;
  {
    const std::lock_guard lock(mutex_);
    batch.swap(posted_);
  }
  for (const auto& work : batch) work();
}

}  // namespace slotway::net
