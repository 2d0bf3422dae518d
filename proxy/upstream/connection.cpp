#include "upstream/connection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <functional>
#include <utility>

#include "resp/encoder.h"

namespace slotway::upstream {

namespace {

constexpr std::size_t kMaxPieces = 16;
constexpr std::string_view kPingRequest = "*1\r\n$4\r\nPING\r\n";

std::string_view describe(PipelineFault fault) noexcept {
  switch (fault) {
    case PipelineFault::malformed_reply:
      return "the node sent bytes that are no Redis reply";
    case PipelineFault::surplus_reply:
      return "the node sent a reply that no request asked for";
    case PipelineFault::unexpected_push:
      return "the node sent a push that nobody asked for";
    case PipelineFault::impossible_reply:
      return "the node sent a reply that its request cannot have";
    case PipelineFault::none:
      break;
  }
  return "";
}

}  // namespace

Connection::Connection(cluster::Endpoint endpoint, const ConnectionOptions& options, int protocol,
                       std::span<char> read_buffer, Connector& connector,
                       ConnectionObserver& observer, stats::NodeStats& stats)
    : endpoint_(std::move(endpoint)),
      options_(options),
      protocol_(protocol),
      read_buffer_(read_buffer),
      connector_(connector),
      observer_(observer),
      stats_(stats),
      jitter_(static_cast<unsigned>(std::hash<const void*>{}(this))) {}

Connection::~Connection() { assert(gone() && "a connection was destroyed before it was closed"); }

void Connection::request_flush() {
  dirty_ = true;
  observer_.wants_flush(*this);
}

void Connection::transition(State next) noexcept {
  if (state_ == State::ready) stats_.connections.subtract();
  if (next == State::ready) stats_.connections.add();
  state_ = next;
}

void Connection::connect(std::uint64_t now_ns) {
  transition(State::connecting);
  attempt_started_ns_ = now_ns;
  handshake_.emplace(options_.credentials, protocol_, false);
  transport_ = connector_.connect(endpoint_, *this);
  if (state_ == State::closing) transport_->close();  // it failed before there was one to close
}

void Connection::on_connected() {
  transition(State::handshaking);
  transport_->start_reading();
  if (state_ != State::handshaking) return;
  if (handshake_->finished()) {
    become_ready();
  } else {
    send_handshake();
  }
}

void Connection::send_handshake() {
  const std::array pieces{handshake_->request()};
  write_pending_ = true;
  transport_->write_later(pieces);
}

void Connection::become_ready() {
  handshake_.reset();
  failures_in_a_row_ = 0;
  received_since_tick_ = true;
  stats_.connects.add();
  transition(State::ready);
  if (!dirty_ && pipeline_.output().unsent_bytes() > 0) request_flush();
  observer_.on_ready(*this);
}

void Connection::flush() {
  dirty_ = false;
  if (state_ == State::idle) connect(attempt_started_ns_);
  if (state_ != State::ready || write_pending_) return;
  RetainedOutput& output = pipeline_.output();
  while (output.unsent_bytes() > 0) {
    std::array<std::string_view, kMaxPieces> pieces;
    const std::size_t count = output.gather(pieces);
    std::size_t gathered = 0;
    for (std::size_t i = 0; i < count; ++i) gathered += pieces[i].size();
    const std::size_t written = transport_->try_write(std::span(pieces).first(count));
    if (state_ != State::ready) return;  // the write found the connection broken
    output.mark_handed_over(written);
    stats_.bytes_out.add(written);
    if (written < gathered) {
      write_rest();
      return;
    }
  }
}

// The kernel has no more room: hands the rest to the transport. All of it counts as handed over,
// because from now on only the transport knows how much of it has left.
void Connection::write_rest() {
  RetainedOutput& output = pipeline_.output();
  std::array<std::string_view, kMaxPieces> pieces;
  const std::size_t count = output.gather(pieces);
  std::size_t gathered = 0;
  for (std::size_t i = 0; i < count; ++i) gathered += pieces[i].size();
  output.mark_handed_over(gathered);
  stats_.bytes_out.add(gathered);
  write_pending_ = true;
  output.pin();
  transport_->write_later(std::span(pieces).first(count));
}

void Connection::on_write_drained() {
  write_pending_ = false;
  pipeline_.output().unpin();
  if (state_ == State::ready && !dirty_ && pipeline_.output().unsent_bytes() > 0) request_flush();
}

std::span<char> Connection::read_room() {
  return state_ == State::ready ? pipeline_.read_room(read_buffer_) : read_buffer_;
}

void Connection::on_read(std::size_t size) {
  received_since_tick_ = true;
  stats_.bytes_in.add(size);
  if (state_ == State::ready) {
    const PipelineFault fault = pipeline_.receive(size, *this);
    if (fault != PipelineFault::none) {
      stats_.protocol_errors.add();
      fail(describe(fault));
    }
    return;
  }
  if (state_ != State::handshaking) return;
  if (handshake_->finished()) {
    fail("the node spoke before it was asked");
    return;
  }
  switch (handshake_->receive({read_buffer_.data(), size})) {
    case Handshake::State::waiting:
      return;
    case Handshake::State::step_done:
      send_handshake();
      return;
    case Handshake::State::finished:
      become_ready();
      return;
    case Handshake::State::failed:
      fail(std::string(handshake_->error()));
      return;
  }
}

bool Connection::on_reply(const InFlight& entry, std::string_view request,
                          const resp::ReplyFrame& reply) {
  stats_.replies.add();
  return observer_.on_reply(*this, entry, request, reply);
}

bool Connection::on_early_reply(const InFlight& entry, std::string_view frame) {
  return observer_.on_early_reply(*this, entry, frame);
}

bool Connection::on_push(std::string_view frame) { return observer_.on_push(*this, frame); }

bool Connection::is_reply(const InFlight& oldest, std::string_view frame) {
  return observer_.is_reply(*this, oldest, frame);
}

void Connection::on_end(net::End, std::string_view reason) { fail(reason); }

// Ends the connection. What waits on it is reported; the pipeline is empty afterwards.
void Connection::fail(std::string_view reason) {
  if (state_ == State::closing || state_ == State::pausing) return;
  const bool was_ready = state_ == State::ready;
  last_error_ = std::string(reason);
  // What we end ourselves is no loss.
  if (!shut_down_) (was_ready ? stats_.lost : stats_.connect_failures).add();
  if (!was_ready) ++failures_in_a_row_;
  transition(State::closing);
  if (transport_ != nullptr) transport_->close();
  observer_.on_down(*this, last_error_);
  pipeline_.take_unanswered(
      [this](const InFlight& entry, std::string_view request, bool handed_over) {
        observer_.on_unanswered(*this, entry, request, handed_over);
      });
}

void Connection::on_closed() {
  transport_.reset();
  // Only now: an unfinished write may have used the output's memory until the transport was closed.
  pipeline_.clear();
  write_pending_ = false;
  handshake_.reset();
  transition(State::pausing);
  resume_at_ns_ = 0;  // the next tick sets the time
}

std::chrono::nanoseconds Connection::next_pause() {
  const unsigned doublings = std::min(failures_in_a_row_, 16U);
  const auto pause = std::min(options_.backoff_max, options_.backoff_min * (1U << doublings) / 2);
  // Half of it is random, so that many workers and proxies do not knock in step.
  std::uniform_int_distribution<std::int64_t> spread(pause.count() / 2, pause.count());
  return std::chrono::nanoseconds(spread(jitter_));
}

void Connection::tick(std::uint64_t now_ns) {
  const auto passed = [now_ns](std::uint64_t since, std::chrono::nanoseconds limit) {
    return now_ns - since >= static_cast<std::uint64_t>(limit.count());
  };
  if (received_since_tick_) {
    received_since_tick_ = false;
    last_received_ns_ = now_ns;
    waiting_since_ns_ = 0;
  }
  switch (state_) {
    case State::idle:
      attempt_started_ns_ = now_ns;
      break;
    case State::connecting:
    case State::handshaking:
      if (attempt_started_ns_ == 0) attempt_started_ns_ = now_ns;
      if (passed(attempt_started_ns_, options_.connect_timeout)) fail("connect timed out");
      break;
    case State::ready:
      probe(now_ns);
      break;
    case State::pausing:
      if (shut_down_) break;
      if (resume_at_ns_ == 0) {
        resume_at_ns_ = now_ns + static_cast<std::uint64_t>(next_pause().count());
      } else if (now_ns >= resume_at_ns_) {
        connect(now_ns);
      }
      break;
    case State::closing:
      break;
  }
}

// A connection that says nothing may be half-open: the peer may have gone without a word.
void Connection::probe(std::uint64_t now_ns) {
  const auto since = [now_ns](std::uint64_t then) {
    return std::chrono::nanoseconds(now_ns - then);
  };
  if (in_flight() > 0) {
    if (waiting_since_ns_ == 0) waiting_since_ns_ = now_ns;
    if (since(waiting_since_ns_) >= options_.stuck_after) {
      fail("no reply while requests were waiting");
    }
    return;
  }
  waiting_since_ns_ = 0;
  if (since(last_received_ns_) >= options_.idle_check) {
    const InFlight entry{.size = static_cast<std::uint32_t>(kPingRequest.size()),
                         .purpose = Purpose::probe};
    std::copy(kPingRequest.begin(), kPingRequest.end(), send(entry));
  }
}

void Connection::shut_down(std::string_view reason) {
  shut_down_ = true;
  fail(reason);
}

}  // namespace slotway::upstream
