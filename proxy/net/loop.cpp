#include "net/loop.h"

#include <cassert>
#include <cstdlib>

namespace slotway::net {

Loop::Loop() {
  // A loop that cannot be made (no descriptors left at start) leaves nothing to run on.
  if (uv_loop_init(&loop_) != 0) std::abort();
}

Loop::~Loop() {
  [[maybe_unused]] const int status = uv_loop_close(&loop_);
  assert(status == 0 && "a handle was not closed before its loop");
}

void Loop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

void Loop::stop() noexcept { uv_stop(&loop_); }

std::uint64_t Loop::monotonic_ns() noexcept { return uv_hrtime(); }

const char* describe_error(int status) noexcept { return uv_strerror(status); }

}  // namespace slotway::net
