// MONITOR.

#include <array>

#include "resp/encoder.h"
#include "server/client_state.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

struct Recording {};

Verdict monitor(const Call& call) {
  session::ClientSession& session = call.session;
  ClientState& state = ClientState::of(session);
  if (state.monitors) return call.dispatcher.reply(call, resp::kOk);
  // Its +OK has to be out before the first line is.
  if (session.waiting() > 0) return Verdict::stalled;
  state.monitors = true;
  Dispatcher& here = call.dispatcher;
  return ask_all_workers<Recording>(
      call,
      [worker = here.peers().worker_index()](Dispatcher& there) {
        there.begin_monitoring_for(worker);
        return Recording();
      },
      [&here, &session](const std::vector<Recording>&) {
        here.monitor_feed().add(session);
        return std::string(resp::kOk);
      });
}

constexpr std::array<HandlerBinding, 1> kBindings{{{"monitor", monitor}}};

}  // namespace

std::span<const HandlerBinding> monitor_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
