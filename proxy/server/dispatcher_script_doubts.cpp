// Whether an answer is a node's own word or that of the script it ran.
//
// A script may return any error, and `return redis.error_reply("TRYAGAIN ...")` looks on the wire
// as if the node had refused the call; but the script has run, and may have written. So what says
// "not here" or "not now" to a script that may write is verified before the call is sent again: the
// same node is asked over the same connection for the same keys, by a command that only reads. If
// it refuses that as well, the refusal is the node's. If it answers, it would have run the script.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>
#include <vector>

#include "cluster/redirect.h"
#include "command/key_extractor.h"
#include "resp/encoder.h"
#include "resp/request_parser.h"
#include "server/dispatcher.h"
#include "server/not_run.h"

namespace slotway::server {

using session::PendingRequest;
using session::RequestHandle;
using upstream::InFlight;
using upstream::Purpose;

namespace {

constexpr std::string_view kNoScript = "NOSCRIPT ";
// What Redis adds to errors that were raised in a script and not returned by it.
constexpr std::string_view kRaisedInScript = " script: ";

bool is_redirection(std::string_view text) noexcept {
  return text.starts_with("MOVED") || text.starts_with("ASK");
}

// True if the text can be a node's own; malformed redirections cannot.
bool is_refusal(std::string_view text, std::string_view host) {
  return find_not_run(text) != nullptr || cluster::parse_redirection(text, host).has_value();
}

// Clients of one Redis do not know redirections, and clients of a cluster would follow them.
std::string words_for_client(std::string_view text) {
  if (!is_redirection(text)) return std::string(text);
  return fmt::format("ERR slotway: the script or its node answered {}", text);
}

std::string ask_for(std::string_view command, const auto& arguments) {
  std::string question;
  resp::append_array_header(question, 1 + arguments.size());
  resp::append_bulk(question, command);
  for (const std::string_view argument : arguments) resp::append_bulk(question, argument);
  return question;
}

}  // namespace

std::string Dispatcher::question_about(std::string_view request, std::string_view text) {
  resp::RequestParser parser;
  if (parser.parse(request, sessions_.limits.request) != resp::ParseStatus::complete) return {};
  const resp::RequestView call = parser.request();
  const command::Command* command = commands_->resolve(call);
  if (command == nullptr) return {};
  if (text.starts_with(kNoScript)) {
    return ask_for("SCRIPT", std::array<std::string_view, 2>{"EXISTS", call[1]});
  }
  const command::KeyResult found = command::extract_keys(*command, call, key_positions_);
  if (found == command::KeyResult::found && !key_positions_.empty()) {
    std::vector<std::string_view> keys;
    for (const std::uint32_t position : key_positions_) keys.push_back(call[position]);
    return ask_for("EXISTS", keys);
  }
  // A node refuses a call without keys for no reason but its own state.
  const bool is_of_node = text.starts_with("LOADING ") || text.starts_with("MASTERDOWN ");
  return is_of_node ? ask_for("PING", std::array<std::string_view, 0>{}) : std::string();
}

bool Dispatcher::verify_refusal(upstream::Connection& connection, const InFlight& entry,
                                std::string_view request, PendingRequest& pending,
                                std::string_view text) {
  const bool no_script = text.starts_with(kNoScript);
  if (!no_script && !is_refusal(text, connection.endpoint().host)) {
    if (!is_redirection(text)) return false;
    return answer_for_script(pending, text);
  }
  // Without the text of the script, nothing can be done about it.
  if (no_script && (!scripts_.concerns(pending.command) || !scripts_.missing(connection, request)))
    return false;
  const std::string question =
      text.contains(kRaisedInScript) ? std::string() : question_about(request, text);
  if (question.empty() || !connection.accepts() || !retries_.has_room(request.size())) {
    if (!no_script) host_.request_refresh(RefreshReason::unreachable);
    return answer_for_script(pending, text);
  }
  hold(pending, entry, request, {}, words_for_client(text), &connection);
  retries_.doubt(pending.handle());
  if (entry.asked) send_asking(connection, entry.slot);
  const InFlight asked{.ticket = entry.ticket,
                       .size = static_cast<std::uint32_t>(question.size()),
                       .slot = entry.slot,
                       .purpose = Purpose::question};
  std::ranges::copy(question, connection.send(asked));
  return true;
}

bool Dispatcher::answer_for_script(PendingRequest& pending, std::string_view text) {
  finish(pending, {resp::error_reply(words_for_client(text)), nullptr},
         stats::Outcome::server_error);
  return true;
}

bool Dispatcher::on_refusal_verified(upstream::Connection& connection, PendingRequest& pending,
                                     const resp::ReplyFrame& reply) {
  std::optional<HeldRequest> held = retries_.take_doubtful(pending);
  if (!held) return true;  // a later request on its keys has run, so that it is given up
  const InFlight entry{.ticket = std::bit_cast<upstream::Ticket>(held->request),
                       .size = static_cast<std::uint32_t>(held->bytes.size()),
                       .slot = held->slot,
                       .part = held->part,
                       .purpose = held->purpose,
                       .hops = held->hops};
  const std::string_view text = reply.is_error() ? error_text(reply.bytes) : "";
  if (is_refusal(text, connection.endpoint().host)) {
    static_cast<void>(handle_refusal(connection, entry, held->bytes, pending, text));
  } else if (reply.type() == '*' && reply.bytes.ends_with(":0\r\n")) {  // SCRIPT EXISTS: no
    retry(pending, entry, held->bytes, {}, held->last_error, &connection);
  } else {
    finish(pending, {resp::error_reply(held->last_error), nullptr}, stats::Outcome::server_error);
  }
  run_retries();
  return true;
}

}  // namespace slotway::server
