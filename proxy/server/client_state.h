#pragma once

#include <memory>
#include <optional>

#include "server/client_tracking.h"
#include "server/handler.h"
#include "server/subscriber.h"
#include "server/transaction.h"
#include "server/watch.h"
#include "session/client_session.h"

namespace slotway::server {

struct ClientFacts;

/// What the dispatcher remembers of a client beyond forwarding its requests: a transaction being
/// queued, subscriptions, a connection of its own. Allocated for clients that need it, ends with
/// the session.
class ClientState final : public session::SessionExtension {
 public:
  /// The state of a session, made if there is none.
  [[nodiscard]] static ClientState& of(session::ClientSession& session);
  /// Null if the session has none.
  [[nodiscard]] static ClientState* find(session::ClientSession& session) noexcept;

  /// True if the client may not send this at all: it is not run, and no monitor is shown it.
  [[nodiscard]] bool refuses(const command::Command& command) const noexcept;

  /// Called for each request of a client that has a state, before it is routed. Nothing: the
  /// request takes its ordinary way.
  [[nodiscard]] std::optional<session::Verdict> intercept(const Call& call);

  /// Called when a request of such a client has been taken, on whatever way.
  void on_taken(const Call& call);

  /// Called for a request that is refused before it comes to that: an unknown command (null), or a
  /// wrong number of arguments.
  void on_refused(const command::Command* command);

  /// The client has left, or starts anew with RESET: gives back what others keep for it. The state
  /// is destroyed right after.
  void leave(Dispatcher& dispatcher, session::ClientSession& session);

  /// Adds what the state knows to what CLIENT LIST shows.
  void describe(ClientFacts& facts) const;

  /// A monitor reads what all clients send and may not touch the keys itself.
  bool monitors = false;
  /// Between MULTI and EXEC.
  std::unique_ptr<Transaction> transaction;
  /// Between WATCH and EXEC.
  std::unique_ptr<Watch> watch;
  /// Set once the client has subscribed to anything.
  std::unique_ptr<Subscriber> subscriber;
  /// CLIENT TRACKING is on.
  std::unique_ptr<ClientTracking> tracking;
  /// Clients that track keys may have theirs invalidated through this one.
  bool is_redirect_target = false;
};

}  // namespace slotway::server
