// CLIENT and its subcommands: what a client says and asks of its own connection.

#include <array>
#include <string>

#include "command/ascii.h"
#include "resp/reply_writer.h"
#include "server/client_name.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using command::equal_ignoring_case;
using session::Verdict;

namespace {

constexpr std::string_view kSyntaxError = "ERR syntax error";

Verdict id(const Call& call) {
  return call.dispatcher.reply(call,
                               resp::integer_reply(static_cast<std::int64_t>(call.session.id())));
}

Verdict set_name(const Call& call) {
  if (!is_valid_client_name(call.request[2])) {
    return call.dispatcher.reply_error(call, kInvalidClientName);
  }
  set_client_name(call.session, call.request[2]);
  return call.dispatcher.reply(call, resp::kOk);
}

Verdict get_name(const Call& call) {
  const session::ClientDetails* details = call.session.known_details();
  resp::ReplyWriter reply(call.session.protocol);
  if (details == nullptr || details->name.empty()) {
    reply.null();
  } else {
    reply.bulk(details->name);
  }
  return call.dispatcher.reply(call, reply.take());
}

Verdict set_info(const Call& call) {
  const std::string_view attribute = call.request[2];
  const bool is_name = equal_ignoring_case(attribute, "lib-name");
  if (!is_name && !equal_ignoring_case(attribute, "lib-ver")) {
    return call.dispatcher.reply_error(call,
                                       "ERR Unrecognized option '" + std::string(attribute) + "'");
  }
  if (!is_valid_client_name(call.request[3])) {
    return call.dispatcher.reply_error(call, "ERR " + std::string(attribute) +
                                                 " cannot contain spaces, newlines or special "
                                                 "characters.");
  }
  session::ClientDetails& details = call.session.details();
  (is_name ? details.library_name : details.library_version) = std::string(call.request[3]);
  return call.dispatcher.reply(call, resp::kOk);
}

// The replies of this client are dropped here: a node's connection is shared, and one that answered
// less than it was asked would give every later reply to the wrong client.
Verdict reply(const Call& call) {
  const std::string_view mode = call.request[2];
  if (equal_ignoring_case(mode, "on")) {
    call.session.set_reply_mode(session::ReplyMode::on);
    return call.dispatcher.reply(call, resp::kOk);
  }
  if (equal_ignoring_case(mode, "off")) {
    call.session.set_reply_mode(session::ReplyMode::off);
  } else if (equal_ignoring_case(mode, "skip")) {
    call.session.set_reply_mode(session::ReplyMode::skip_next);
  } else {
    return call.dispatcher.reply_error(call, kSyntaxError);
  }
  return Verdict::accepted;
}

/// Reads ON or OFF into a switch of the session.
Verdict set_switch(const Call& call, bool& state) {
  const bool on = equal_ignoring_case(call.request[2], "on");
  if (!on && !equal_ignoring_case(call.request[2], "off")) {
    return call.dispatcher.reply_error(call, kSyntaxError);
  }
  state = on;
  return call.dispatcher.reply(call, resp::kOk);
}

// Slotway closes no client to get memory back, so there is nothing to exempt this one from.
Verdict no_evict(const Call& call) { return set_switch(call, call.session.no_evict); }

// Only noted: the nodes' connections are shared, and touching a key is the nodes' doing.
Verdict no_touch(const Call& call) { return set_switch(call, call.session.no_touch); }

// Valkey's: what the client could deal with. Slotway makes no use of it, as a server may.
Verdict capabilities(const Call& call) { return call.dispatcher.reply(call, resp::kOk); }

// Valkey's, in the words of a server that is not importing.
Verdict import_source(const Call& call) {
  return call.dispatcher.reply_error(call, "ERR Server is not in import mode");
}

constexpr std::array<HandlerBinding, 9> kBindings{{
    {"client|id", id},
    {"client|setname", set_name},
    {"client|getname", get_name},
    {"client|setinfo", set_info},
    {"client|reply", reply},
    {"client|no-evict", no_evict},
    {"client|no-touch", no_touch},
    {"client|capa", capabilities},
    {"client|import-source", import_source},
}};

}  // namespace

std::span<const HandlerBinding> client_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
