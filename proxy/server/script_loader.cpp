#include "server/script_loader.h"

#include <algorithm>
#include <string>

#include "command/ascii.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"

namespace slotway::server {

namespace {

// Whatever a client was allowed to send has passed the limits already.
constexpr resp::RequestLimits kNoLimits{.max_bulk_bytes = INT64_MAX,
                                        .max_arguments = INT64_MAX,
                                        .max_inline_bytes = 0,
                                        .max_request_bytes = SIZE_MAX};

command::CommandId id_of(const command::CommandTable& commands, std::string_view name) {
  const command::Command* command = commands.find(name);
  return command == nullptr ? command::kNoCommand : command->id;
}

std::string load_request(std::string_view body) {
  std::string request;
  resp::append_array_header(request, 3);
  resp::append_bulk(request, "SCRIPT");
  resp::append_bulk(request, "LOAD");
  resp::append_bulk(request, body);
  return request;
}

}  // namespace

void ScriptLoader::bind(const command::CommandTable& commands) {
  eval_ = id_of(commands, "eval");
  evalsha_ = id_of(commands, "evalsha");
  fcall_ = id_of(commands, "fcall");
  evalsha_ro_ = id_of(commands, "evalsha_ro");
  exec_ = id_of(commands, "exec");
}

bool ScriptLoader::is_script_call(const resp::RequestView& request) const noexcept {
  return request.size() > 2 && (command::equal_ignoring_case(request[0], "evalsha") ||
                                command::equal_ignoring_case(request[0], "evalsha_ro"));
}

ScriptLoader::Readiness ScriptLoader::prepare(upstream::Connection& connection,
                                              std::string_view requests) {
  Readiness readiness = Readiness::ready;
  while (!requests.empty()) {
    if (parser_.parse(requests, kNoLimits) != resp::ParseStatus::complete) break;
    const resp::RequestView request = parser_.request();
    if (is_script_call(request)) {
      readiness = std::max(readiness, prepare_call(connection, request[1]));
    }
    requests.remove_prefix(parser_.consumed());
  }
  return readiness;
}

ScriptLoader::Readiness ScriptLoader::prepare_call(upstream::Connection& connection,
                                                   std::string_view name) {
  const auto id = command::ScriptId::parse(name);
  if (!id) return Readiness::ready;  // no script can have that name, and the node says so
  Present& present = present_[&connection];
  if (present.contains(*id)) return Readiness::ready;
  if (present.size() >= kMostPerConnection) present.clear();
  // A name without a text is taken for present until NOSCRIPT comes, so that only its first call is
  // unsure.
  present.insert(*id);
  const ScriptRef script = cache_.find(*id);
  if (script == nullptr) return Readiness::unsure;
  send_load(connection, script->body);
  return Readiness::ready;
}

void ScriptLoader::send_load(upstream::Connection& connection, std::string_view body) {
  const std::string request = load_request(body);
  const upstream::InFlight entry{.size = static_cast<std::uint32_t>(request.size()),
                                 .purpose = upstream::Purpose::script_load};
  std::ranges::copy(request, connection.send(entry));
}

bool ScriptLoader::missing(upstream::Connection& connection, std::string_view request) {
  if (parser_.parse(request, kNoLimits) != resp::ParseStatus::complete) return false;
  const resp::RequestView call = parser_.request();
  if (!is_script_call(call)) return false;
  const auto id = command::ScriptId::parse(call[1]);
  if (!id) return false;
  present_[&connection].erase(*id);
  return cache_.find(*id) != nullptr;
}

void ScriptLoader::on_loaded(upstream::Connection& connection, std::string_view request,
                             const resp::ReplyFrame& reply) {
  if (!reply.is_error()) return;
  forget(connection);
  // A text that is no script was never loaded by anybody, and trying again will not make it one.
  // Other errors (the node is busy, or loads its data) pass.
  const auto error = resp::ReplyCursor(reply.bytes).next();
  if (!error || !error->text.starts_with("ERR Error compiling")) return;
  if (parser_.parse(request, kNoLimits) != resp::ParseStatus::complete) return;
  cache_.erase(command::ScriptId::of(parser_.request()[2]));
}

void ScriptLoader::clear() noexcept {
  cache_.clear();
  present_.clear();
}

}  // namespace slotway::server
