#pragma once

#include <optional>

#include "server/handler.h"
#include "session/client_session.h"

namespace slotway::server {

/// What the dispatcher remembers of a client beyond forwarding its requests: a transaction being queued,
/// subscriptions, a connection of its own. Allocated for clients that need it, ends with the session.
class ClientState final : public session::SessionExtension {
 public:
  /// The state of a session, made if there is none.
  [[nodiscard]] static ClientState& of(session::ClientSession& session);
  /// Null if the session has none.
  [[nodiscard]] static ClientState* find(session::ClientSession& session) noexcept;

  /// Called for each request of a client that has a state, before it is routed. Nothing: the request takes
  /// its ordinary way.
  [[nodiscard]] std::optional<session::Verdict> intercept(const Call& call);
};

}  // namespace slotway::server
