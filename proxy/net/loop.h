#pragma once

#include <uv.h>

#include <chrono>
#include <cstdint>

namespace slotway::net {

/// One libuv loop. It belongs to the thread that runs it; everything registered on it is used on
/// that thread only, except Mailbox::post.
class Loop {
 public:
  Loop();
  /// REQUIRES: every handle on the loop has been closed, and the loop has run since.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until no handle is active or `stop` is called.
  void run();
  void stop() noexcept;

  /// Nanoseconds on a clock that never goes back; its zero is arbitrary.
  [[nodiscard]] static std::uint64_t monotonic_ns() noexcept;

  [[nodiscard]] uv_loop_t* raw() noexcept { return &loop_; }

 private:
  uv_loop_t loop_;
};

/// The reason behind a libuv status, for people: "connection refused".
[[nodiscard]] const char* describe_error(int status) noexcept;

}  // namespace slotway::net
