// Requests that took long: what is kept of them.

#include <fmt/format.h>

#include "resp/encoder.h"
#include "resp/request_parser.h"
#include "server/dispatcher.h"

namespace slotway::server {

namespace {

// A request that went out as it came and was given up: its bytes lie somewhere in the middle of
// what waits for a node, and are not worth looking for.
std::string name_only(const command::Command& command) {
  std::string arguments;
  resp::append_array_header(arguments, 2);
  resp::append_bulk(arguments, command.name);
  resp::append_bulk(arguments, "... (arguments unknown)");
  return arguments;
}

}  // namespace

void Dispatcher::remember(session::PendingRequest& pending, const Call& call) const {
  if (!slow_requests_.is_on() || !pending.work->has_deadline()) return;
  pending.work->shown_arguments = shown_arguments(call.command, call.request);
}

void Dispatcher::note_slow(const session::PendingRequest& pending, std::uint64_t nanoseconds,
                           std::string_view request) {
  // A client that blocks wants to wait; Redis does not count that time either.
  if (pending.work != nullptr && !pending.work->has_deadline()) return;
  const command::Command& command = commands_->at(pending.command);
  std::string arguments;
  if (pending.work != nullptr) {
    arguments = pending.work->shown_arguments;
  } else if (!request.empty()) {
    resp::RequestParser parser;
    static_cast<void>(parser.parse(request, sessions_.limits.request));  // it was parsed before
    arguments = shown_arguments(command, parser.request());
  }
  if (arguments.empty()) arguments = name_only(command);
  note_slow(*pending.session, command, nanoseconds, std::move(arguments));
}

void Dispatcher::note_slow(session::ClientSession& session, const command::Command& command,
                           std::uint64_t nanoseconds, std::string arguments) {
  const session::ClientDetails* details = session.known_details();
  slow_requests_.note({.nanoseconds = nanoseconds,
                       .is_fast_command = command.has(command::Flag::fast),
                       .arguments = std::move(arguments),
                       .address = session.transport().peer_address(),
                       .name = details == nullptr ? std::string() : details->name});
}

}  // namespace slotway::server
