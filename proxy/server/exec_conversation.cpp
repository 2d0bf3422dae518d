#include "server/exec_conversation.h"

#include <fmt/format.h>

#include "resp/encoder.h"
#include "resp/reply_scanner.h"
#include "server/dispatcher.h"
#include "server/not_run.h"

namespace slotway::server {

namespace {

constexpr std::string_view kAbortedForErrors =
    "EXECABORT Transaction discarded because of previous errors.";
constexpr std::string_view kAbortedBecauseOf = "EXECABORT Transaction discarded because of: ";

bool is_error(std::string_view frame) noexcept {
  return frame.front() == '-' || frame.front() == '!';
}

bool is_null(std::string_view frame) noexcept { return frame == "*-1\r\n" || frame == "_\r\n"; }

}  // namespace

bool ExecConversation::on_early_reply(std::string_view frame) {
  const bool is_first = early_replies_++ == 0;
  if (is_error(frame)) {
    multi_was_refused_ = multi_was_refused_ || is_first;
    if (first_error_.empty()) first_error_ = error_text(frame);
    return true;
  }
  // Without MULTI the commands are run one by one and answered in any way.
  return multi_was_refused_ || frame == (is_first ? "+OK\r\n" : "+QUEUED\r\n");
}

bool ExecConversation::accepts(const resp::ReplyFrame& last) const noexcept {
  if (last.is_error()) return true;
  if (has_failed_early()) return false;
  if (is_null(last.bytes)) return true;
  std::string header;
  resp::append_array_header(header, node_commands_);
  return last.bytes.starts_with(header);
}

std::string ExecConversation::cause_of(std::string_view exec_error) const {
  if (multi_was_refused_) return std::string(exec_error);  // nothing may be sent again
  if (exec_error == kAbortedForErrors && has_failed_early()) return first_error_;
  if (exec_error.starts_with(kAbortedBecauseOf)) exec_error.remove_prefix(kAbortedBecauseOf.size());
  return std::string(exec_error);
}

void ExecConversation::begin_again() {
  early_replies_ = 0;
  multi_was_refused_ = false;
  first_error_.clear();
}

std::string ExecConversation::error_reply(std::string_view exec_error) const {
  if (multi_was_refused_) {
    return resp::error_reply(fmt::format(
        "ERR slotway: the node refused MULTI and ran the commands one by one: {}", first_error_));
  }
  if (exec_error == kAbortedForErrors && has_failed_early()) {
    return resp::error_reply(std::string(kAbortedBecauseOf) + first_error_);
  }
  return resp::error_reply(exec_error);
}

std::string ExecConversation::reply(Dispatcher& dispatcher, session::ClientSession& session,
                                    const resp::ReplyFrame& last) const {
  if (last.is_error()) return error_reply(error_text(last.bytes));
  if (own_commands_.empty() || is_null(last.bytes)) return std::string(last.bytes);
  return merged(dispatcher, session, last.bytes.substr(last.bytes.find('\n') + 1));
}

std::string ExecConversation::own_reply(Dispatcher& dispatcher,
                                        session::ClientSession& session) const {
  return merged(dispatcher, session, "");
}

std::string ExecConversation::merged(Dispatcher& dispatcher, session::ClientSession& session,
                                     std::string_view node_elements) const {
  const std::size_t commands = node_commands_ + own_commands_.size();
  std::string reply;
  resp::append_array_header(reply, commands);
  auto own = own_commands_.begin();
  for (std::size_t position = 0; position < commands; ++position) {
    if (own != own_commands_.end() && own->position == position) {
      reply.append(dispatcher.own_answer(session, own->bytes));
      ++own;
      continue;
    }
    const std::size_t size = resp::scan_frame(node_elements).consumed;
    reply.append(node_elements.substr(0, size));
    node_elements.remove_prefix(size);
  }
  return reply;
}

}  // namespace slotway::server
