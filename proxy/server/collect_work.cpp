#include "server/collect_work.h"

#include <fmt/format.h>

#include <utility>

#include "command/ascii.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"

namespace slotway::server {

void CollectWork::on_reply(WorkContext& context, std::uint16_t part,
                           const resp::ReplyFrame& reply) {
  if (reply.is_error()) {
    const auto error = resp::ReplyCursor(reply.bytes).next();
    note({part, std::string(error ? error->text : ""), true});
    return one_less(context);
  }
  bytes_ += reply.bytes.size();
  if (bytes_ > limit_.bytes) {
    // What still comes is read and dropped, as for a client that has left.
    return context.finish(resp::error_reply(fmt::format(
        "ERR slotway: {} over several slots would have to fetch more than {} bytes ({})",
        command::upper_case(command_name_), limit_.bytes, limit_.setting)));
  }
  if (reply.buffer != nullptr) {
    replies_[part] = std::move(*reply.buffer);
  } else {
    replies_[part] = resp::ByteBuffer(reply.bytes.size());
    replies_[part].append(reply.bytes);
  }
  one_less(context);
}

void CollectWork::on_failure(WorkContext& context, std::uint16_t part,
                             std::string_view error_text) {
  note({part, std::string(error_text), false});
  one_less(context);
}

void CollectWork::note(Failure failure) {
  ++failed_;
  if (!first_failure_ || failure.part < first_failure_->part) first_failure_ = std::move(failure);
}

void CollectWork::one_less(WorkContext& context) {
  if (--awaited_ > 0) return;
  context.finish(first_failure_ ? combine_failure(*first_failure_, failed_) : combine(context));
}

std::string CollectWork::combine_failure(const Failure& first, std::size_t) {
  return resp::error_reply(first.text);
}

std::string CollectWork::impossible_reply() const {
  return resp::error_reply(
      fmt::format("ERR slotway: a part of {} got an impossible reply", command_name_));
}

}  // namespace slotway::server
