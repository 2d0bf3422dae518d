#include "admin/http_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace slotway::admin {
namespace {

bool must_wait(int error_number) {
  return error_number == EAGAIN || error_number == EWOULDBLOCK || error_number == EINTR;
}

}  // namespace

HttpConnection::HttpConnection(FileDescriptor socket, const HttpLimits& limits,
                               const Answer& answer, Clock::time_point now)
    : socket_(std::move(socket)),
      limits_(limits),
      answer_(answer),
      deadline_(now + limits.request_timeout) {}

short HttpConnection::wanted_events() const noexcept {
  return state_ == State::writing ? POLLOUT : POLLIN;
}

void HttpConnection::on_ready(Clock::time_point now) {
  switch (state_) {
    case State::reading:
      return read_request(now);
    case State::writing:
      return write_response(now);
    case State::lingering:
      return discard_input(now);
    case State::closed:
      return;
  }
}

void HttpConnection::on_deadline(Clock::time_point now) {
  if (state_ == State::reading && !input_.empty()) {
    refuse(408, "the request did not arrive in time", now);
  } else {
    transition(State::closed, now);
  }
}

void HttpConnection::transition(State next, Clock::time_point now) {
  state_ = next;
  switch (next) {
    case State::reading:
      break;  // only ever the first state
    case State::writing:
      deadline_ = now + limits_.response_timeout;
      break;
    case State::lingering:
      ::shutdown(socket_.get(), SHUT_WR);
      output_ = {};
      deadline_ = now + limits_.linger_timeout;
      break;
    case State::closed:
      socket_ = FileDescriptor();
      break;
  }
}

void HttpConnection::read_request(Clock::time_point now) {
  std::array<char, 4096> buffer;
  const std::size_t room = limits_.max_request_bytes - input_.size();
  const ssize_t received = ::recv(socket_.get(), buffer.data(), std::min(room, buffer.size()), 0);
  if (received < 0 && must_wait(errno)) return;
  if (received <= 0) return transition(State::closed, now);
  input_.append(buffer.data(), static_cast<std::size_t>(received));

  const auto parsed = parse_http_request(input_);
  if (!parsed) return refuse(parsed.error().status, parsed.error().reason, now);
  if (const auto& request = *parsed) {
    return respond(answer_(*request), request->method == "HEAD", now);
  }
  if (input_.size() >= limits_.max_request_bytes) {
    refuse(431, "the header of the request is too long", now);
  }
}

void HttpConnection::refuse(int status, const char* reason, Clock::time_point now) {
  respond({.status = status, .body = fmt::format("{}\n", reason)}, false, now);
}

void HttpConnection::respond(const HttpResponse& response, bool without_body,
                             Clock::time_point now) {
  output_ = encode_http_response(response, without_body, std::chrono::system_clock::now());
  input_ = {};  // the request's views into it are done with
  transition(State::writing, now);
  write_response(now);  // most responses fit the socket's buffer and need no further turn
}

void HttpConnection::write_response(Clock::time_point now) {
  while (written_bytes_ < output_.size()) {
    const ssize_t sent = ::send(socket_.get(), output_.data() + written_bytes_,
                                output_.size() - written_bytes_, MSG_NOSIGNAL);
    if (sent < 0 && must_wait(errno)) return;
    if (sent <= 0) return transition(State::closed, now);
    written_bytes_ += static_cast<std::size_t>(sent);
  }
  transition(State::lingering, now);
}

void HttpConnection::discard_input(Clock::time_point now) {
  std::array<char, 4096> buffer;
  const ssize_t received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (received < 0 && must_wait(errno)) return;
  if (received > 0) discarded_bytes_ += static_cast<std::size_t>(received);
  if (received <= 0 || discarded_bytes_ > limits_.max_linger_bytes) transition(State::closed, now);
}

}  // namespace slotway::admin
