// PING, ECHO, QUIT, SELECT; the rest of the connection group is in identity_handlers.cpp.

#include <array>
#include <charconv>
#include <string>

#include "resp/encoder.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

Verdict ping(const Call& call) {
  if (call.request.size() > 2) {
    return call.dispatcher.reply_error(call, "ERR wrong number of arguments for 'ping' command");
  }
  if (call.request.size() == 1) return call.dispatcher.reply(call, resp::kPong);
  return call.dispatcher.reply(call, resp::bulk_reply(call.request[1]));
}

Verdict echo(const Call& call) {
  return call.dispatcher.reply(call, resp::bulk_reply(call.request[1]));
}

Verdict quit(const Call& call) {
  const Verdict verdict = call.dispatcher.reply(call, resp::kOk);
  call.session.close_when_answered();
  return verdict;
}

Verdict select(const Call& call) {
  const std::string_view text = call.request[1];
  int index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) {
    return call.dispatcher.reply_error(call, "ERR value is not an integer or out of range");
  }
  if (index != 0) return call.dispatcher.reply_error(call, "ERR DB index is out of range");
  return call.dispatcher.reply(call, resp::kOk);
}

constexpr std::array<HandlerBinding, 4> kBindings{{
    {"ping", ping},
    {"echo", echo},
    {"quit", quit},
    {"select", select},
}};

}  // namespace

std::span<const HandlerBinding> connection_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
