// CLIENT TRACKING and its kin: caches of clients that are told when a key has changed.

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "command/ascii.h"
#include "resp/reply_writer.h"
#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using command::equal_ignoring_case;
using session::ClientSession;
using session::Verdict;

namespace {

constexpr std::int64_t kNoTracking = -1;

const ClientTracking* tracking_of(const Call& call) noexcept {
  const ClientState* state = ClientState::find(call.session);
  return state == nullptr ? nullptr : state->tracking.get();
}

// Turns it on, or changes what is on: the reply.
std::string turn_on(Dispatcher& dispatcher, ClientSession& session, const TrackingRequest& request,
                    std::size_t redirect_worker) {
  std::unique_ptr<ClientTracking>& tracking = ClientState::of(session).tracking;
  auto options = merge_tracking(tracking == nullptr ? nullptr : &tracking->options(), request);
  if (!options) return resp::error_reply(options.error());
  if (const std::string refusal = dispatcher.tracking().refusal(); !refusal.empty()) {
    return resp::error_reply(refusal);
  }
  if (tracking != nullptr) {
    tracking->change(*std::move(options), redirect_worker);
  } else {
    tracking = std::make_unique<ClientTracking>(dispatcher.tracking(), session, *std::move(options),
                                                redirect_worker);
  }
  return std::string(resp::kOk);
}

std::string turn_on_or_off(Dispatcher& dispatcher, ClientSession& session,
                           const TrackingRequest& request, std::size_t redirect_worker) {
  if (!request.error.empty()) return resp::error_reply(request.error);
  if (request.on) return turn_on(dispatcher, session, request, redirect_worker);
  if (ClientState* state = ClientState::find(session)) state->tracking.reset();
  return std::string(resp::kOk);
}

/// Whether a worker has a client, and which worker it is.
struct Whereabouts {
  bool here = false;
  std::size_t worker = 0;
};

// The client to redirect to may be on any worker; what follows waits until it has been found.
Verdict redirect(const Call& call, TrackingRequest request) {
  if (call.session.waiting() > 0) return Verdict::stalled;
  const auto target = static_cast<std::uint64_t>(*request.redirect);
  const Verdict verdict = ask_all_workers<Whereabouts>(
      call,
      [target](Dispatcher& there) {
        return Whereabouts{there.tracking().find_target(target) != nullptr,
                           there.peers().worker_index()};
      },
      [&here = call.dispatcher, &session = call.session,
       request = std::move(request)](const std::vector<Whereabouts>& all) {
        const auto found = std::ranges::find(all, true, &Whereabouts::here);
        if (found == all.end()) {
          return resp::error_reply("ERR The client ID you want redirect to does not exist");
        }
        return turn_on_or_off(here, session, request, found->worker);
      });
  if (call.session.waiting() > 0) call.session.block();
  return verdict;
}

Verdict tracking(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  TrackingRequest request = parse_tracking(call.request);
  if (request.on && request.error.empty()) {
    if (dispatcher.shard_slots().empty()) return dispatcher.wait_for_route(call, cluster::Slot());
    if (!dispatcher.tracking().watch_nodes(call.session)) return Verdict::stalled;
  }
  if (request.redirect) return redirect(call, std::move(request));
  return dispatcher.reply(call, turn_on_or_off(dispatcher, call.session, request, 0));
}

Verdict get_redirection(const Call& call) {
  const ClientTracking* tracking = tracking_of(call);
  return call.dispatcher.reply(
      call, resp::integer_reply(tracking == nullptr
                                    ? kNoTracking
                                    : static_cast<std::int64_t>(tracking->options().redirect)));
}

Verdict tracking_info(const Call& call) {
  const ClientTracking* tracking = tracking_of(call);
  std::vector<std::string_view> flags{"off"};
  std::int64_t redirect = kNoTracking;
  std::vector<std::string_view> prefixes;
  if (tracking != nullptr) {
    const TrackingOptions& options = tracking->options();
    flags = tracking->flags();
    redirect = static_cast<std::int64_t>(options.redirect);
    prefixes.assign(options.prefixes.begin(), options.prefixes.end());
  }
  resp::ReplyWriter reply(call.session.protocol);
  reply.map(3);
  reply.bulk("flags").set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("redirect").integer(redirect);
  reply.bulk("prefixes").array(prefixes.size());
  for (const std::string_view prefix : prefixes) reply.bulk(prefix);
  return call.dispatcher.reply(call, reply.take());
}

Verdict caching(const Call& call) {
  ClientState* state = ClientState::find(call.session);
  if (state == nullptr || state->tracking == nullptr) {
    return call.dispatcher.reply_error(
        call,
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool yes = equal_ignoring_case(call.request[2], "yes");
  if (!yes && !equal_ignoring_case(call.request[2], "no")) {
    return call.dispatcher.reply_error(call, "ERR syntax error");
  }
  const std::string_view error = state->tracking->set_caching(yes);
  return error.empty() ? call.dispatcher.reply(call, resp::kOk)
                       : call.dispatcher.reply_error(call, error);
}

constexpr std::array<HandlerBinding, 4> kBindings{{
    {"client|tracking", tracking},
    {"client|getredir", get_redirection},
    {"client|trackinginfo", tracking_info},
    {"client|caching", caching},
}};

}  // namespace

std::span<const HandlerBinding> tracking_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
