#include "server/client_state.h"

#include <memory>

#include "server/client_facts.h"
#include "server/dispatcher.h"
#include "server/monitor_feed.h"
#include "server/transaction_handlers.h"

namespace slotway::server {

ClientState& ClientState::of(session::ClientSession& session) {
  if (session.extension == nullptr) session.extension = std::make_unique<ClientState>();
  return static_cast<ClientState&>(*session.extension);
}

ClientState* ClientState::find(session::ClientSession& session) noexcept {
  return static_cast<ClientState*>(session.extension.get());
}

bool ClientState::refuses(const command::Command& command) const noexcept {
  return monitors && is_forbidden_for_monitors(command);
}

std::optional<session::Verdict> ClientState::intercept(const Call& call) {
  if (tracking != nullptr) tracking->before(call, transaction != nullptr);
  if (refuses(call.command)) return refuse_to_monitor(call);
  if (transaction != nullptr) {
    if (const auto verdict = queue_in_transaction(call, *transaction)) return verdict;
  }
  if (subscriber != nullptr) {
    if (const auto verdict = subscriber->intercept(call)) return verdict;
  }
  return std::nullopt;
}

void ClientState::on_taken(const Call& call) {
  if (tracking != nullptr) tracking->after(call, transaction != nullptr);
}

void ClientState::on_refused(const command::Command* command) {
  if (transaction == nullptr) return;
  transaction->fail();
  if (command == nullptr || command->name != "exec") return;
  transaction.reset();  // an EXEC with arguments ends the transaction all the same
  if (watch != nullptr) watch->release();
  watch.reset();
}

void ClientState::leave(Dispatcher& dispatcher, session::ClientSession& session) {
  if (monitors) stop_monitoring(dispatcher, session);
  if (is_redirect_target) dispatcher.tracking().forget_target(session.id());
}

void ClientState::describe(ClientFacts& facts) const {
  if (monitors) facts.set(ClientFlag::monitor);
  if (transaction != nullptr) {
    facts.set(ClientFlag::transaction);
    facts.queued = static_cast<std::int64_t>(transaction->commands());
    facts.queued_bytes = transaction->bytes();
  }
  if (watch != nullptr && !watch->holds()) facts.set(ClientFlag::watch_is_dirty);
  if (subscriber != nullptr) subscriber->describe(facts);
  if (tracking != nullptr) tracking->describe(facts);
}

}  // namespace slotway::server
