// Scripts that are called by their name: sent behind the script itself where a node may not have
// it.

#include <algorithm>
#include <utility>

#include "server/dispatcher.h"

namespace slotway::server {

using session::PendingRequest;
using session::Verdict;
using upstream::InFlight;

Verdict Dispatcher::forward_script_call(const Call& call) {
  const auto named = slot_of_keys(call);
  if (!named) return reply_error(call, named.error());
  if (!named->has_value() && shard_slots_.empty()) return wait_for_route(call, cluster::Slot());
  const cluster::Slot slot = named->value_or(any_shard_of(call.session));
  upstream::Connection* connection = connection_for(slot, call.session);
  if (connection == nullptr) return wait_for_route(call, slot);
  const auto readiness = scripts_.prepare(*connection, call.request.bytes());
  const Verdict verdict = forward(call, slot);
  // Should the script turn out to be missing and somebody bring it meanwhile, the call is sent
  // again: nothing of this client may have gone by then. An older version makes the next request
  // wait for that.
  if (readiness == ScriptLoader::Readiness::unsure) call.session.map_version = map_version_ - 1;
  return verdict;
}

bool Dispatcher::call_script_again(upstream::Connection& connection, const InFlight& entry,
                                   std::string_view request, PendingRequest& pending,
                                   std::string_view text) {
  if (!scripts_.concerns(pending.command) || entry.part != upstream::kWhole) return false;
  if (!scripts_.missing(connection, request) || entry.hops >= options_.max_redirects) return false;
  InFlight next = entry;
  ++next.hops;
  if (pending.session->held_requests > 0 || !connection.accepts()) {
    retry(pending, next, request, {}, text);
    return true;
  }
  scripts_.prepare(connection, request);
  std::ranges::copy(request, connection.send(next));
  return true;
}

void Dispatcher::learn_script(std::string_view body, ScriptSource source) {
  const ScriptRef script = scripts_.cache().learn(body, source);
  if (script == nullptr) return;
  tell_other_workers(
      [script, source](Dispatcher& there) { there.scripts_.cache().add(script, source); });
}

void Dispatcher::forget_scripts() {
  scripts_.clear();
  tell_other_workers([](Dispatcher& there) { there.scripts_.clear(); });
}

void Dispatcher::tell_other_workers(const WorkerPeers::Errand& errand) {
  for (std::size_t worker = 0; worker < host_.worker_count(); ++worker) {
    if (worker != host_.worker_index()) host_.post(worker, errand);
  }
}

}  // namespace slotway::server
