#include "server/client_state.h"

#include <memory>

#include "server/client_facts.h"
#include "server/dispatcher.h"
#include "server/monitor_feed.h"

namespace slotway::server {

ClientState& ClientState::of(session::ClientSession& session) {
  if (session.extension == nullptr) session.extension = std::make_unique<ClientState>();
  return static_cast<ClientState&>(*session.extension);
}

ClientState* ClientState::find(session::ClientSession& session) noexcept {
  return static_cast<ClientState*>(session.extension.get());
}

std::optional<session::Verdict> ClientState::intercept(const Call& call) {
  if (monitors) {
    if (const auto verdict = refuse_to_monitor(call)) return verdict;
  }
  return std::nullopt;
}

void ClientState::leave(Dispatcher& dispatcher, session::ClientSession& session) {
  if (monitors) stop_monitoring(dispatcher, session);
}

void ClientState::describe(ClientFacts& facts) const {
  if (monitors) facts.set(ClientFlag::monitor);
}

}  // namespace slotway::server
