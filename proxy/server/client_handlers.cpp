// CLIENT and its subcommands: what a client says and asks of its own connection.

#include <algorithm>
#include <array>
#include <string>

#include "resp/encoder.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

// Redis' validateClientAttr: printable, no spaces, so that CLIENT LIST can be parsed.
bool is_valid_attribute(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c >= '!' && c <= '~'; });
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) noexcept {
  return std::ranges::equal(text, lower_case, {}, [](char c) { return c | 0x20; });
}

Verdict id(const Call& call) {
  return call.dispatcher.reply(
      call, resp::integer_reply(static_cast<std::int64_t>(call.session.id())));
}

Verdict set_name(const Call& call) {
  if (!is_valid_attribute(call.request[2])) {
    return call.dispatcher.reply_error(
        call, "ERR Client names cannot contain spaces, newlines or special characters.");
  }
  call.session.details().name = std::string(call.request[2]);
  return call.dispatcher.reply(call, resp::kOk);
}

Verdict get_name(const Call& call) {
  const session::ClientDetails* details = call.session.known_details();
  if (details == nullptr || details->name.empty()) {
    return call.dispatcher.reply(call, resp::kNullBulk);
  }
  return call.dispatcher.reply(call, resp::bulk_reply(details->name));
}

Verdict set_info(const Call& call) {
  const std::string_view attribute = call.request[2];
  const bool is_name = equals_ignoring_case(attribute, "lib-name");
  if (!is_name && !equals_ignoring_case(attribute, "lib-ver")) {
    return call.dispatcher.reply_error(
        call, "ERR Unrecognized option '" + std::string(attribute) + "'");
  }
  if (!is_valid_attribute(call.request[3])) {
    return call.dispatcher.reply_error(call, "ERR " + std::string(attribute) +
                                                 " cannot contain spaces, newlines or special "
                                                 "characters.");
  }
  session::ClientDetails& details = call.session.details();
  (is_name ? details.library_name : details.library_version) = std::string(call.request[3]);
  return call.dispatcher.reply(call, resp::kOk);
}

constexpr std::array<HandlerBinding, 4> kBindings{{
    {"client|id", id},
    {"client|setname", set_name},
    {"client|getname", get_name},
    {"client|setinfo", set_info},
}};

}  // namespace

std::span<const HandlerBinding> client_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
