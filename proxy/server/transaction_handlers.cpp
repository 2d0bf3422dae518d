// MULTI, EXEC, DISCARD, WATCH and UNWATCH, and the queue between MULTI and EXEC.

#include "server/transaction_handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "command/ascii.h"
#include "command/error_texts.h"
#include "resp/encoder.h"
#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/exec_work.h"
#include "server/handlers.h"
#include "server/watch.h"

namespace slotway::server {

using session::Verdict;

namespace {

constexpr std::string_view kQueued = "+QUEUED\r\n";
constexpr std::string_view kAborted = "EXECABORT Transaction discarded because of previous errors.";
constexpr std::string_view kOtherSlot =
    "CROSSSLOT Keys in request don't hash to the same slot: all keys of a transaction have to";

// Run at once even between MULTI and EXEC, as in processCommand of Redis.
constexpr std::array<std::string_view, 6> kNeverQueued{"discard", "exec",  "multi",
                                                       "quit",    "reset", "watch"};

Transaction* transaction_of(const Call& call) noexcept {
  ClientState* state = ClientState::find(call.session);
  return state == nullptr ? nullptr : state->transaction.get();
}

void end_watch(ClientState& state) {
  if (state.watch != nullptr) state.watch->release();
  state.watch.reset();
}

Verdict refuse(const Call& call, Transaction& transaction, std::string_view error) {
  transaction.fail();
  return call.dispatcher.reply_error(call, error);
}

std::string refusal(const command::Command& command) {
  if (command.route == command::Route::refused) return command::refused_error(command);
  std::string name = command::upper_case(command.name);
  std::ranges::replace(name, '|', ' ');
  return fmt::format(
      "ERR slotway: {} cannot be part of a transaction, which runs on one node of the cluster",
      name);
}

// EVALSHA as the EVAL it stands for, if its script has come by here: the node may not have it, and
// within a transaction it is too late to bring it when that is known. Nothing for other requests.
std::optional<std::string> with_script(const Call& call) {
  const std::string_view name = call.command.name;
  const bool names_script = name == "evalsha" || name == "evalsha_ro";
  const auto id = names_script ? command::ScriptId::parse(call.request[1]) : std::nullopt;
  const ScriptRef script = id ? call.dispatcher.scripts().cache().find(*id) : nullptr;
  if (script == nullptr) return std::nullopt;
  std::string request;
  resp::append_array_header(request, call.request.size());
  resp::append_bulk(request, name == "evalsha" ? "EVAL" : "EVAL_RO");
  resp::append_bulk(request, script->body);
  for (std::size_t i = 2; i < call.request.size(); ++i) resp::append_bulk(request, call.request[i]);
  return request;
}

Verdict queue_for_node(const Call& call, Transaction& transaction) {
  const auto keys = call.dispatcher.slot_of_keys(call);
  if (!keys) return refuse(call, transaction, keys.error());
  if (*keys && !transaction.agrees_on(**keys)) return refuse(call, transaction, kOtherSlot);
  const std::string_view name = call.command.name;
  if (name == "eval" || name == "eval_ro") {
    call.dispatcher.learn_script(call.request[1], ScriptSource::evaluated);
  }
  const std::optional<std::string> rewritten = with_script(call);
  const std::string_view request = rewritten ? *rewritten : call.request.bytes();
  if (!transaction.queue(request, call.command.has(command::Flag::readonly))) {
    return refuse(call, transaction,
                  "ERR slotway: the transaction is larger than limits.client_query_buffer_limit");
  }
  return call.dispatcher.reply(call, kQueued);
}

// --- Handlers
// ----------------------------------------------------------------------------------------------

Verdict multi(const Call& call) {
  ClientState& state = ClientState::of(call.session);
  if (state.transaction != nullptr) {
    return call.dispatcher.reply_error(call, "ERR MULTI calls can not be nested");
  }
  state.transaction = std::make_unique<Transaction>(call.dispatcher.max_request_bytes());
  if (state.watch != nullptr) {
    static_cast<void>(state.transaction->agrees_on(state.watch->slot()));
  }
  return call.dispatcher.reply(call, resp::kOk);
}

Verdict discard(const Call& call) {
  if (transaction_of(call) == nullptr) {
    return call.dispatcher.reply_error(call, "ERR DISCARD without MULTI");
  }
  ClientState& state = ClientState::of(call.session);
  state.transaction.reset();
  end_watch(state);
  return call.dispatcher.reply(call, resp::kOk);
}

Verdict exec_watched(const Call& call, ClientState& state) {
  // Reads the client has sent before must not see what EXEC writes.
  if (call.session.waiting() > 0) return Verdict::stalled;
  Dispatcher& dispatcher = call.dispatcher;
  const auto transaction = std::move(state.transaction);
  const auto watch = std::move(state.watch);
  if (!watch->holds()) {
    return dispatcher.reply(call, call.session.protocol == 3 ? "_\r\n" : "*-1\r\n");
  }
  auto owned =
      std::make_unique<WatchedExec>(dispatcher, *watch, *transaction, call.session.protocol);
  WatchedExec& work = *owned;
  call.session.note_write(watch->slot(), !transaction->reads_only());
  session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(owned));
  call.session.block();
  work.begin(pending, *transaction);
  return Verdict::accepted;
}

Verdict exec(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  Transaction* transaction = transaction_of(call);
  if (transaction == nullptr) return dispatcher.reply_error(call, "ERR EXEC without MULTI");
  ClientState& state = ClientState::of(call.session);
  if (transaction->has_failed()) {
    state.transaction.reset();
    end_watch(state);
    return dispatcher.reply_error(call, kAborted);
  }
  if (state.watch != nullptr) return exec_watched(call, state);
  if (transaction->node_commands() == 0) {
    const ExecConversation conversation(*transaction);
    state.transaction.reset();
    return dispatcher.reply(call, conversation.own_reply(dispatcher, call.session));
  }
  const auto shards = dispatcher.shard_slots();
  if (!transaction->slot() && shards.empty()) {
    return dispatcher.wait_for_route(call, cluster::Slot());
  }
  const cluster::Slot slot =
      transaction->slot() ? *transaction->slot() : shards[call.session.id() % shards.size()];
  const Part block{.slot = slot, .bytes = transaction->block(), .replies = transaction->replies()};
  const Verdict verdict =
      dispatcher.start(call, std::make_unique<ExecWork>(*transaction), std::span(&block, 1));
  if (verdict == Verdict::accepted) state.transaction.reset();
  return verdict;
}

Verdict watch(const Call& call) {
  if (transaction_of(call) != nullptr) {
    return call.dispatcher.reply_error(call, "ERR WATCH inside MULTI is not allowed");
  }
  return begin_watching(call);
}

Verdict unwatch(const Call& call) {
  if (ClientState* state = ClientState::find(call.session)) end_watch(*state);
  return call.dispatcher.reply(call, resp::kOk);
}

constexpr std::array<HandlerBinding, 5> kBindings{{
    {"multi", multi},
    {"exec", exec},
    {"discard", discard},
    {"watch", watch},
    {"unwatch", unwatch},
}};

}  // namespace

std::optional<Verdict> queue_in_transaction(const Call& call, Transaction& transaction) {
  if (std::ranges::find(kNeverQueued, call.command.name) != kNeverQueued.end()) {
    return std::nullopt;
  }
  switch (within_multi(call.command)) {
    case WithinMulti::by_node:
      return queue_for_node(call, transaction);
    case WithinMulti::refused:
      return refuse(call, transaction, refusal(call.command));
    case WithinMulti::by_slotway:
      break;
  }
  if (!transaction.queue_own(call.request.bytes())) {
    return refuse(call, transaction,
                  "ERR slotway: the transaction is larger than limits.client_query_buffer_limit");
  }
  return call.dispatcher.reply(call, kQueued);
}

std::span<const HandlerBinding> transaction_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
