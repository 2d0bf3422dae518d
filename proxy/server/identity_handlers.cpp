// Who a client is and how it is spoken to: HELLO, AUTH, RESET, ACL WHOAMI.

#include <array>
#include <charconv>
#include <string>

#include "command/ascii.h"
#include "resp/reply_writer.h"
#include "server/client_name.h"
#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using command::equal_ignoring_case;
using session::ClientSession;
using session::Verdict;

namespace {

constexpr std::string_view kAuthWithoutPassword =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure "
    "your configuration is correct?";
constexpr std::string_view kWrongPassword =
    "WRONGPASS invalid username-password pair or user is disabled.";

// The only user there is. It has no password, so any will do, as with a Redis that has no users.
constexpr std::string_view kDefaultUser = "default";

bool may_log_in(std::string_view user) noexcept { return user == kDefaultUser; }

Verdict auth(const Call& call) {
  if (call.request.size() > 3) return call.dispatcher.reply_error(call, "ERR syntax error");
  if (call.request.size() == 2) return call.dispatcher.reply_error(call, kAuthWithoutPassword);
  if (!may_log_in(call.request[1])) return call.dispatcher.reply_error(call, kWrongPassword);
  return call.dispatcher.reply(call, resp::kOk);
}

Verdict who_am_i(const Call& call) {
  return call.dispatcher.reply(call, resp::bulk_reply(kDefaultUser));
}

// --- HELLO
// -----------------------------------------------------------------------------------------

/// What a HELLO asks for.
struct Hello {
  int protocol = 0;  ///< 0: as before
  std::string_view user;
  bool logs_in = false;
  std::string_view name;
  bool sets_name = false;
  std::string error;  ///< of the first thing that is wrong; empty if nothing is
};

// "hello 3" of a version that is no number and one that is too large get the same error.
std::string take_version(std::string_view text, Hello& hello) {
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size()) {
    return "ERR Protocol version is not an integer or out of range";
  }
  if (version < 2 || version > 3) return "NOPROTO unsupported protocol version";
  hello.protocol = static_cast<int>(version);
  return {};
}

// The options in the order in which Redis looks at them (helloCommand in networking.c): a faulty
// one ends it.
Hello parse_hello(const resp::RequestView& request) {
  Hello hello;
  if (request.size() > 1) hello.error = take_version(request[1], hello);
  for (std::size_t i = 2; i < request.size() && hello.error.empty(); ++i) {
    const std::size_t left = request.size() - i - 1;
    if (equal_ignoring_case(request[i], "auth") && left >= 2) {
      hello.logs_in = true;
      hello.user = request[i + 1];
      i += 2;
    } else if (equal_ignoring_case(request[i], "setname") && left >= 1) {
      hello.sets_name = true;
      hello.name = request[++i];
      if (!is_valid_client_name(hello.name)) hello.error = kInvalidClientName;
    } else {
      hello.error = "ERR Syntax error in HELLO option '" + std::string(request[i]) + "'";
    }
  }
  return hello;
}

std::string introduction(const Dispatcher& dispatcher, const ClientSession& session) {
  resp::ReplyWriter reply(session.protocol);
  reply.map(7);
  reply.bulk("server").bulk("redis");
  reply.bulk("version").bulk(dispatcher.server_version());
  reply.bulk("proto").integer(session.protocol);
  reply.bulk("id").integer(static_cast<std::int64_t>(session.id()));
  reply.bulk("mode").bulk(dispatcher.instance().settings.cluster_facade ? "cluster" : "standalone");
  reply.bulk("role").bulk("master");
  reply.bulk("modules").array(0);
  return reply.take();
}

// Replies of one client must not change their protocol under way, and its commands on one key must
// not travel on the connections of both protocols at once: what is in flight comes first.
bool must_wait_to_switch(const ClientSession& session, int protocol) noexcept {
  return protocol != session.protocol && session.waiting() > 0;
}

Verdict hello(const Call& call) {
  ClientSession& session = call.session;
  const Hello hello = parse_hello(call.request);
  if (!hello.error.empty()) return call.dispatcher.reply_error(call, hello.error);
  if (hello.logs_in && !may_log_in(hello.user)) {
    return call.dispatcher.reply_error(call, kWrongPassword);
  }
  if (hello.protocol != 0 && must_wait_to_switch(session, hello.protocol)) return Verdict::stalled;
  if (hello.sets_name) set_client_name(session, hello.name);
  if (hello.protocol != 0) session.protocol = static_cast<std::uint8_t>(hello.protocol);
  return call.dispatcher.reply(call, introduction(call.dispatcher, session));
}

// --- RESET
// -----------------------------------------------------------------------------------------

// What Redis clears in clearClientConnectionState (networking.c). Library name and version stay.
Verdict reset(const Call& call) {
  ClientSession& session = call.session;
  if (session.waiting() > 0) return Verdict::stalled;
  if (ClientState* state = ClientState::find(session)) state->leave(call.dispatcher, session);
  session.extension.reset();
  session.protocol = 2;
  session.set_reply_mode(session::ReplyMode::on);
  session.no_evict = false;
  session.no_touch = false;
  if (session.known_details() != nullptr) session.details().name.clear();
  return call.dispatcher.reply(call, "+RESET\r\n");
}

constexpr std::array<HandlerBinding, 4> kBindings{{
    {"acl|whoami", who_am_i},
    {"auth", auth},
    {"hello", hello},
    {"reset", reset},
}};

}  // namespace

std::span<const HandlerBinding> identity_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
