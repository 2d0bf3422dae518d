#include "server/client_state.h"

#include <memory>

namespace slotway::server {

ClientState& ClientState::of(session::ClientSession& session) {
  if (session.extension == nullptr) session.extension = std::make_unique<ClientState>();
  return static_cast<ClientState&>(*session.extension);
}

ClientState* ClientState::find(session::ClientSession& session) noexcept {
  return static_cast<ClientState*>(session.extension.get());
}

std::optional<session::Verdict> ClientState::intercept(const Call&) { return std::nullopt; }

}  // namespace slotway::server
