// The connection group: PING, ECHO, QUIT, SELECT, AUTH, HELLO, RESET.

#include <array>
#include <charconv>
#include <string>

#include "resp/encoder.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

constexpr std::string_view kAuthWithoutPassword =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure "
    "your configuration is correct?";

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

Verdict auth(const Call& call) {
  if (call.request.size() > 3) return call.dispatcher.reply_error(call, "ERR syntax error");
  return call.dispatcher.reply_error(call, kAuthWithoutPassword);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  resp::append_bulk(out, name);
  resp::append_bulk(out, value);
}

Verdict hello(const Call& call) {
  if (call.request.size() > 1) {
    const std::string_view version = call.request[1];
    if (version != "2") {
      return call.dispatcher.reply_error(call, "NOPROTO unsupported protocol version");
    }
  }
  for (std::size_t i = 2; i < call.request.size();) {
    const std::string_view option = call.request[i];
    const std::size_t left = call.request.size() - i - 1;
    if (option.size() == 4 && (option[0] | 0x20) == 'a' && left >= 2) {
      return call.dispatcher.reply_error(call, kAuthWithoutPassword);
    }
    if (option.size() == 7 && left >= 1) {
      call.session.details().name = std::string(call.request[i + 1]);
      i += 2;
      continue;
    }
    return call.dispatcher.reply_error(
        call, "ERR Syntax error in HELLO option '" + std::string(option) + "'");
  }
  std::string reply;
  resp::append_array_header(reply, 14);
  append_field(reply, "server", "redis");
  append_field(reply, "version", call.dispatcher.server_version());
  resp::append_bulk(reply, "proto");
  resp::append_integer(reply, 2);
  resp::append_bulk(reply, "id");
  resp::append_integer(reply, static_cast<std::int64_t>(call.session.id()));
  append_field(reply, "mode", "standalone");
  append_field(reply, "role", "master");
  resp::append_bulk(reply, "modules");
  reply.append(resp::kEmptyArray);
  return call.dispatcher.reply(call, reply);
}

Verdict reset(const Call& call) {
  if (call.session.known_details() != nullptr) call.session.details() = {};
  return call.dispatcher.reply(call, "+RESET\r\n");
}

constexpr std::array<HandlerBinding, 7> kBindings{{
    {"ping", ping},
    {"echo", echo},
    {"quit", quit},
    {"select", select},
    {"auth", auth},
    {"hello", hello},
    {"reset", reset},
}};

}  // namespace

std::span<const HandlerBinding> connection_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
