#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/handle.h"
#include "net/loop.h"
#include "net/timer.h"

namespace slotway::net {

/// A listening socket. Each accepted descriptor is handed to the callback, which owns it.
///
/// A failed accept never ends accepting: if the process has no descriptors or memory left, the
/// listener rests for a moment and tries again.
class Listener {
 public:
  struct Accepted {
    int fd;
    bool is_unix;
  };
  using OnAccept = std::function<void(Accepted)>;
  using OnExhausted = std::function<void(const std::string& reason)>;

  /// `host` is an IP address, `port` 0 means any free one. The error is one sentence that says what
  /// failed and what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<Listener>, std::string> listen_tcp(
      Loop& loop, const std::string& host, std::uint16_t port, OnAccept on_accept,
      OnExhausted on_exhausted);

  /// A stale socket file that nobody listens on is replaced; a live one is not.
  [[nodiscard]] static std::expected<std::unique_ptr<Listener>, std::string> listen_unix(
      Loop& loop, const std::string& path, OnAccept on_accept, OnExhausted on_exhausted);

  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// "127.0.0.1:6380", "[::1]:6380" or "unix:/path", with the port really bound.
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  Listener(Loop& loop, int fd, bool is_unix, std::string address, OnAccept on_accept,
           OnExhausted on_exhausted);

  void accept_waiting();
  void watch();

  const int fd_;
  const bool is_unix_;
  const std::string address_;
  const OnAccept on_accept_;
  const OnExhausted on_exhausted_;
  Handle<uv_poll_t> poll_;
  Timer rest_;
};

}  // namespace slotway::net
