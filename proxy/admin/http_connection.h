#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "admin/file_descriptor.h"
#include "admin/http_message.h"

namespace slotway::admin {

/// What one connection may take. The values are for scrapes and probes: a kilobyte in, well under a
/// megabyte out.
struct HttpLimits {
  std::size_t max_request_bytes = 8192;
  std::chrono::milliseconds request_timeout{5000};   ///< from accept to the end of the header
  std::chrono::milliseconds response_timeout{5000};  ///< from there to the last byte in the kernel
  std::chrono::milliseconds linger_timeout{1000};    ///< then, for the client to close
  std::size_t max_linger_bytes = 65536;              ///< unread request bytes thrown away meanwhile
};

/// One client of the admin port: one request, one response, then the end. Never blocks.
///
/// reading -> writing -> lingering -> closed, each with a deadline of its own that no trickle of
/// bytes moves. Lingering reads on after the response, because closing a socket with unread bytes
/// resets it, and the reset may overtake the response on its way to the client.
class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  /// `answer` and `limits` must outlive the connection.
  HttpConnection(FileDescriptor socket, const HttpLimits& limits, const Answer& answer,
                 Clock::time_point now);

  [[nodiscard]] int fd() const noexcept { return socket_.get(); }
  [[nodiscard]] short wanted_events() const noexcept;  ///< for poll()
  [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool is_closed() const noexcept { return state_ == State::closed; }

  /// The socket is readable, writable or broken: goes on as far as it can without waiting.
  void on_ready(Clock::time_point now);

  /// The deadline has passed. A client that began a request is told; then, or else, the end.
  void on_deadline(Clock::time_point now);

 private:
  enum class State { reading, writing, lingering, closed };

  void transition(State next, Clock::time_point now);
  void read_request(Clock::time_point now);
  void respond(const HttpResponse& response, bool without_body, Clock::time_point now);
  void refuse(int status, const char* reason, Clock::time_point now);
  void write_response(Clock::time_point now);
  void discard_input(Clock::time_point now);

  FileDescriptor socket_;
  const HttpLimits& limits_;
  const Answer& answer_;
  State state_ = State::reading;
  Clock::time_point deadline_;
  std::string input_;
  std::string output_;
  std::size_t written_bytes_ = 0;
  std::size_t discarded_bytes_ = 0;
};

}  // namespace slotway::admin
