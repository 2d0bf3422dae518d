#include "session/client_session.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "resp/encoder.h"

namespace slotway::session {

namespace {

// No request has an index with this bit: their memory would have run out long before.
constexpr std::uint32_t kMutedBit = 0x80000000;
constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// Chunks written by one call; a client with more output than that does not read as fast as it is
// answered anyway.
constexpr std::size_t kMaxPieces = 8;

// Requests that a client whose replies nobody has seen yet may have pending, and the fewest that
// any client may.
constexpr std::size_t kFirstWindow = 64;
constexpr std::size_t kSmallestWindow = 16;

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) noexcept {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower_case[i]) return false;
  }
  return true;
}

}  // namespace

ClientSession::ClientSession(std::uint64_t id, SessionContext& context)
    : context_(context),
      id_(id),
      output_(context.buffers),
      window_(static_cast<std::uint32_t>(std::min(kFirstWindow, context.limits.pipeline))) {}

ClientSession::~ClientSession() { assert(pending_ == 0); }

void ClientSession::start(std::unique_ptr<net::Transport> transport) {
  transport_ = std::move(transport);
  reading_ = true;
  read_at_ns_ = context_.clock.now_ns();
  opened_s_ = static_cast<std::uint32_t>(read_at_ns_ / kNanosecondsPerSecond);
  transport_->start_reading();
}

ClientDetails& ClientSession::details() {
  if (details_ == nullptr) details_ = std::make_unique<ClientDetails>();
  return *details_;
}

SessionUsage ClientSession::usage() {
  SessionUsage usage{.output = output_.size(),
                     .output_chunks = output_.chunks(),
                     .output_memory = output_.heap_bytes(),
                     .total = sizeof *this};
  if (partial_ != nullptr) {
    usage.input = partial_->input.size();
    usage.input_free = partial_->input.capacity() - partial_->input.size();
    usage.total += sizeof *partial_ + partial_->input.capacity();
  }
  for_each_pending([&](const PendingRequest& request) {
    usage.output_memory += request.parked.heap_bytes();
    usage.total += sizeof request;
    return true;
  });
  if (details_ != nullptr) {
    usage.total += sizeof *details_ + details_->name.size() + details_->library_name.size() +
                   details_->library_version.size();
  }
  if (transport_ != nullptr) usage.total += transport_->memory_bytes();
  usage.total += usage.output_memory;
  return usage;
}

// --- Bytes in ----------------------------------------------------------------------------------

std::span<char> ClientSession::read_room() {
  if (pauses_ != 0 && !reads_ahead()) {
    reading_ = false;  // an empty room stops the transport until resume_now starts it again
    return {};
  }
  if (partial_ == nullptr) return context_.read_buffer;
  return partial_->input.room(context_.read_buffer, 0);
}

bool ClientSession::reads_ahead() const noexcept {
  return pauses_ == static_cast<std::uint8_t>(Pause::blocked) &&
         (partial_ == nullptr ||
          partial_->input.size() < context_.limits.request.max_request_bytes);
}

void ClientSession::on_read(std::size_t size) {
  read_at_ns_ = context_.clock.now_ns();
  context_.stats.client_bytes_in.add(size);
  if (partial_ == nullptr) [[likely]] {
    const std::string_view bytes{context_.read_buffer.data(), size};
    const std::size_t consumed = take_requests(bytes, context_.parser);
    if (consumed < bytes.size() && open_) keep_rest(bytes, consumed);
    return;
  }
  const std::string_view bytes = partial_->input.arrived(size);
  const std::size_t consumed = take_requests(bytes, partial_->parser);
  if (!open_) return;
  partial_->input.keep(bytes, consumed);
  if (partial_->input.empty()) partial_.reset();
}

// The first bytes that could not be used: from now on the session owns a buffer and a parser.
void ClientSession::keep_rest(std::string_view bytes, std::size_t consumed) {
  partial_ = std::make_unique<PartialRequest>();
  partial_->input.keep(bytes, consumed);
  partial_->parser = std::exchange(context_.parser, resp::RequestParser());
}

std::size_t ClientSession::take_requests(std::string_view bytes, resp::RequestParser& parser) {
  std::size_t position = 0;
  while (position < bytes.size() && pauses_ == 0) {
    const resp::ParseStatus status = parser.parse(bytes.substr(position), context_.limits.request);
    if (status == resp::ParseStatus::incomplete) break;
    if (status == resp::ParseStatus::error) [[unlikely]] {
      refuse_malformed(parser.error());
      return bytes.size();
    }
    if (status == resp::ParseStatus::complete) [[likely]] {
      was_inline_ = parser.was_inline();
      const resp::RequestView request = parser.request();
      if (was_inline_ && is_cross_protocol(request)) {
        abort();
        return bytes.size();
      }
      if (context_.handler.handle(*this, request) == Verdict::stalled) [[unlikely]] {
        pause(Pause::route);
        break;
      }
      if (!open_) return bytes.size();
      if (pending_ >= window_) pause(Pause::pipeline);
    }
    position += parser.consumed();
  }
  return position;
}

void ClientSession::refuse_malformed(const std::string& error) {
  context_.stats.protocol_errors.add();
  reply(resp::error_reply("ERR Protocol error: " + error));
  close_when_answered();
}

// A browser made to talk to this port begins like this; Redis closes such a connection too.
bool ClientSession::is_cross_protocol(const resp::RequestView& request) const noexcept {
  return equals_ignoring_case(request[0], "post") || equals_ignoring_case(request[0], "host:");
}

// --- Requests and their replies ------------------------------------------------------------------

PendingRequest& ClientSession::open_request() {
  PendingRequest& request = context_.requests.take();
  request.session = this;
  request.started_ns = read_at_ns_;
  request.read_only = false;
  request.held_parts = 0;
  request.order = next_order_++;
  request.turn = request.index | mute_next_;
  mute_next_ = mute_all_;
  if (tail_ == RequestPool::kNone) {
    head_ = request.index;
  } else {
    context_.requests.at(tail_).next = request.index;
  }
  tail_ = request.index;
  ++pending_;
  ++waiting_;
  return request;
}

void ClientSession::answer(PendingRequest& request, const resp::ReplyFrame& reply) {
  assert(request.session == this && request.state == PendingRequest::State::waiting);
  --waiting_;
  held_requests -= request.held_parts;
  if (request.turn == head_) {
    output_.append(reply);
    remove_head();
    pop_answered();
    mark_dirty();
  } else {
    answer_out_of_turn(request, reply);
  }
  if (pauses_ != 0) [[unlikely]] {
    if (waiting_ == 0) context_.handler.on_all_answered(*this);
    if (paused_for(Pause::pipeline) && pending_ <= window_ / 2) {
      adapt_window();
      resume(Pause::pipeline);
    }
  }
}

// Twice as many, but no more than will do to fill the output up to where the client is not read.
void ClientSession::adapt_window() noexcept {
  const std::uint32_t answered = next_order_ - pending_;
  const std::uint64_t answered_bytes = written_bytes_ + unread_bytes();
  const std::uint64_t replies = answered - answered_before_;
  if (replies == 0) return;
  const std::uint64_t bytes_each = (answered_bytes - answered_bytes_before_) / replies;
  answered_before_ = answered;
  answered_bytes_before_ = answered_bytes;
  const std::size_t useful = context_.limits.output_soft / std::max<std::uint64_t>(bytes_each, 1);
  const std::size_t wanted = std::max(std::min<std::size_t>(window_ * 2, useful), kSmallestWindow);
  window_ = static_cast<std::uint32_t>(std::min(wanted, context_.limits.pipeline));
}

void ClientSession::answer_out_of_turn(PendingRequest& request, const resp::ReplyFrame& reply) {
  request.work.reset();
  if (!request.muted()) {
    request.parked.keep(reply);
    parked_bytes_ += request.parked.heap_bytes();
  }
  request.state = PendingRequest::State::answered;
  if (request.index == head_) {
    pop_answered();
  } else if (parked_bytes_ <= context_.limits.output_soft) [[likely]] {
    return;
  }
  mark_dirty();
}

void ClientSession::set_reply_mode(ReplyMode mode) noexcept {
  if (mode != ReplyMode::skip_next) mute_all_ = mode == ReplyMode::off ? kMutedBit : 0;
  mute_next_ = mode == ReplyMode::on ? 0 : kMutedBit;
}

void ClientSession::push(std::string_view frames) {
  if (!open_) return;
  output_.append(frames);
  mark_dirty();
}

void ClientSession::push(SharedBytes frames) {
  if (!open_) return;
  output_.append(std::move(frames));
  mark_dirty();
}

// A place in the line of requests that is answered already, and that CLIENT REPLY leaves alone.
void ClientSession::push_when_answered(std::string_view frames) {
  if (pending_ == 0 || !open_) {
    push(frames);
    return;
  }
  // Many of them behind one request that takes its time need one place only.
  PendingRequest& last = context_.requests.at(tail_);
  if (last.state == PendingRequest::State::answered && !last.muted()) {
    parked_bytes_ -= last.parked.heap_bytes();
    last.parked.append(frames);
    parked_bytes_ += last.parked.heap_bytes();
    if (parked_bytes_ > context_.limits.output_soft) mark_dirty();
    return;
  }
  static_cast<void>(open_answered(frames));
}

void ClientSession::end_when_answered(std::unique_ptr<RequestWork> work) {
  if (pending_ > 0) open_answered("").work = std::move(work);
}

// REQUIRES: pending_ > 0, so that it is not its turn.
PendingRequest& ClientSession::open_answered(std::string_view frames) {
  const std::uint32_t mute_next = std::exchange(mute_next_, 0);
  PendingRequest& place = open_request();
  mute_next_ = mute_next;
  answer(place, frames);
  return place;
}

void ClientSession::reply(std::string_view reply) {
  if (pending_ == 0 && mute_next_ == 0) {
    output_.append(reply);
    mark_dirty();
    return;
  }
  answer(open_request(), reply);
}

void ClientSession::pop_answered() {
  while (head_ != RequestPool::kNone) {
    PendingRequest& request = context_.requests.at(head_);
    if (request.state != PendingRequest::State::answered) return;
    if (!request.muted()) {
      parked_bytes_ -= request.parked.heap_bytes();
      output_.append(request.parked.frame());
    }
    remove_head();
  }
}

void ClientSession::remove_head() {
  PendingRequest& request = context_.requests.at(head_);
  head_ = request.next;
  if (head_ == RequestPool::kNone) tail_ = RequestPool::kNone;
  --pending_;
  context_.requests.give_back(request);
}

// --- Bytes out -----------------------------------------------------------------------------------

void ClientSession::mark_dirty() {
  if (dirty_) return;
  dirty_ = true;
  context_.observer.wants_flush(*this);
}

void ClientSession::flush() {
  dirty_ = false;
  if (!open_) return;
  if (!write_pending_) write();
  if (open_ && unread_bytes() > context_.limits.output_soft) [[unlikely]]
    limit_output();
}

void ClientSession::write() {
  while (!output_.empty()) {
    std::array<std::string_view, kMaxPieces> pieces;
    const std::size_t count = output_.gather(pieces);
    std::size_t gathered = 0;
    for (std::size_t i = 0; i < count; ++i) gathered += pieces[i].size();
    const std::size_t written = transport_->try_write(std::span(pieces).first(count));
    if (!open_) return;  // the write found the connection broken
    wrote(written);
    if (written == gathered) continue;
    write_rest();
    return;
  }
  finish_if_done();
}

// The kernel has no more room: the client reads slower than it is answered.
void ClientSession::write_rest() {
  std::array<std::string_view, kMaxPieces> pieces;
  const std::size_t count = output_.gather(pieces);
  write_later_bytes_ = 0;
  for (std::size_t i = 0; i < count; ++i) write_later_bytes_ += pieces[i].size();
  write_pending_ = true;
  output_.seal();
  transport_->write_later(std::span(pieces).first(count));
}

void ClientSession::wrote(std::size_t size) {
  output_.consume(size);
  written_bytes_ += size;
  context_.stats.client_bytes_out.add(size);
  if (paused_for(Pause::output) && unread_bytes() <= context_.limits.output_soft / 2) [[unlikely]] {
    resume(Pause::output);
  }
}

void ClientSession::on_write_drained() {
  write_pending_ = false;
  wrote(std::exchange(write_later_bytes_, 0));
  if (!output_.empty()) {
    mark_dirty();
  } else {
    finish_if_done();
  }
}

// The client reads slower than it is answered. One reply larger than the limit may pass, whatever
// stands around it; a second one may not.
void ClientSession::limit_output() {
  const std::size_t besides_largest = unread_bytes() - output_.largest_chunk();
  if (besides_largest > context_.limits.output_hard && !output_is_watched) {
    context_.stats.clients_lost.add();
    abort();
  } else {
    adapt_window();
    pause(Pause::output);
  }
}

// --- Pausing and ending --------------------------------------------------------------------------

void ClientSession::resume(Pause reason) {
  pauses_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(reason));
  // What comes next was read before the pause, and is not to blame for it.
  if (reason != Pause::route && !paused_for(Pause::route)) restart_clock();
  read_on_if_blocked();
  if (pauses_ != 0 || resume_scheduled_ || !open_) return;
  resume_scheduled_ = true;
  context_.observer.wants_resume(*this);
}

void ClientSession::resume_now() {
  resume_scheduled_ = false;
  if (!open_ || pauses_ != 0) return;
  if (partial_ != nullptr) {
    const std::string_view bytes = partial_->input.view();
    const std::size_t consumed = take_requests(bytes, partial_->parser);
    if (!open_) return;
    partial_->input.consume(consumed);
    if (partial_->input.empty()) partial_.reset();
  }
  if (pauses_ == 0 && !reading_) {
    reading_ = true;
    transport_->start_reading();
  }
  read_on_if_blocked();
}

void ClientSession::read_on_if_blocked() {
  if (pauses_ == 0 || reading_ || !open_ || !reads_ahead()) return;
  reading_ = true;
  transport_->start_reading();
}

void ClientSession::close_when_answered() {
  pause(Pause::closing);
  mark_dirty();
}

void ClientSession::finish_if_done() {
  if (paused_for(Pause::closing) && pending_ == 0 && output_.empty()) abort();
}

void ClientSession::abort() {
  if (!open_) return;
  open_ = false;
  give_back_requests();
  transport_->close();
}

void ClientSession::give_back_requests() {
  while (head_ != RequestPool::kNone) remove_head();
  waiting_ = 0;
  parked_bytes_ = 0;
}

void ClientSession::on_end(net::End end, std::string_view) {
  if (!open_) return;
  // Redis, too, takes the end of what a blocked client sends for the end of the client.
  if (end == net::End::failed || (pending_ == 0 && output_.empty()) || paused_for(Pause::blocked)) {
    abort();
    return;
  }
  close_when_answered();  // it may have shut down only its sending side and still wait for replies
}

void ClientSession::on_closed() { context_.observer.on_session_closed(*this); }

}  // namespace slotway::session
