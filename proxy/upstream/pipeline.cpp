#include "upstream/pipeline.h"

namespace slotway::upstream {

namespace {

// From this size on a reply's buffer is handed on instead of copied.
constexpr std::size_t kLargeReply = 32 * 1024;

}  // namespace

PipelineFault Pipeline::receive(std::size_t size, ReplySink& sink) {
  const std::string_view bytes = input_.arrived(size);
  std::size_t position = 0;
  while (position < bytes.size()) {
    const resp::ScanResult scanned = scanner_.scan(bytes.substr(position));
    if (scanned.status == resp::ScanStatus::incomplete) break;
    if (scanned.status == resp::ScanStatus::error) return PipelineFault::malformed_reply;
    const bool fills_own_buffer = input_.in_own_buffer() && position == 0 &&
                                  scanned.consumed == bytes.size() &&
                                  scanned.consumed >= kLargeReply;
    const PipelineFault fault =
        deliver(bytes.substr(position, scanned.consumed), fills_own_buffer, sink);
    if (fault != PipelineFault::none || ended_) return fault;
    position += scanned.consumed;
    if (fills_own_buffer && input_.empty()) return PipelineFault::none;  // the buffer was taken
  }
  input_.keep(bytes, position);
  return PipelineFault::none;
}

PipelineFault Pipeline::deliver(std::string_view frame, bool fills_own_buffer, ReplySink& sink) {
  if (frame.front() == push_type_ && (queue_.empty() || !sink.is_reply(queue_.front(), frame)))
      [[unlikely]] {
    return sink.on_push(frame) ? PipelineFault::none : PipelineFault::unexpected_push;
  }
  if (queue_.empty()) return PipelineFault::surplus_reply;
  const InFlight entry = queue_.front();
  // A node cannot answer what it has not got: the reply belongs to nobody.
  if (!output_.front_handed_over(entry.size)) return PipelineFault::surplus_reply;
  if (entry.replies > 1) [[unlikely]] {
    if (++early_replies_ < entry.replies) {
      return sink.on_early_reply(entry, frame) ? PipelineFault::none
                                               : PipelineFault::impossible_reply;
    }
    early_replies_ = 0;
  }
  const resp::ReplyFrame reply{frame, fills_own_buffer ? &input_.own_buffer() : nullptr};
  if (!sink.on_reply(entry, output_.front(entry.size), reply)) {
    return PipelineFault::impossible_reply;
  }
  if (ended_) return PipelineFault::none;  // in the call: everything has been taken already
  queue_.pop();
  output_.release(entry.size);
  return PipelineFault::none;
}

void Pipeline::clear() noexcept {
  queue_.clear();
  output_.clear();
  input_ = resp::PartialInput();
  scanner_.reset();
  early_replies_ = 0;
  ended_ = false;
}

}  // namespace slotway::upstream
