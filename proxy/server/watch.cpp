#include "server/watch.h"

#include <fmt/format.h>

#include "cluster/redirect.h"
#include "resp/encoder.h"
#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/not_run.h"
#include "server/private_request.h"

namespace slotway::server {

using session::Verdict;

namespace {

constexpr std::string_view kUnwatchRequest = "*1\r\n$7\r\nUNWATCH\r\n";

std::string_view null_reply(int protocol) noexcept { return protocol == 3 ? "_\r\n" : "*-1\r\n"; }

bool is_over(std::uint64_t since_ns, std::uint64_t now_ns,
             std::chrono::nanoseconds limit) noexcept {
  return now_ns - since_ns >= static_cast<std::uint64_t>(limit.count());
}

std::string too_late(std::chrono::nanoseconds limit) {
  return resp::error_reply(
      fmt::format("ERR slotway: no reply within {} ms, outcome unknown",
                  std::chrono::duration_cast<std::chrono::milliseconds>(limit).count()));
}

// Whether an error says that the node does not serve the slot (any more), or not now.
bool is_about_the_slot(std::string_view text) {
  return find_not_run(text) != nullptr || cluster::parse_redirection(text, "127.0.0.1").has_value();
}

/// The first WATCH: finds the node. It may be sent again, since it only makes EXEC fail more
/// readily.
class FirstWatch final : public PrivateRequest {
 public:
  FirstWatch(const Call& call, cluster::Slot slot)
      : PrivateRequest(call.dispatcher, slot), request_(call.request.bytes()) {}

 private:
  std::string message(std::uint64_t) override { return request_; }
  void on_result(WorkContext& context, const resp::ReplyFrame& reply) override {
    if (reply.is_error()) {
      lease().give_back();
    } else {
      ClientState::of(*context.pending().session).watch =
          std::make_unique<Watch>(std::exchange(lease(), PrivateLease()), slot(), asked());
    }
    context.finish(std::string(reply.bytes));
  }
  [[nodiscard]] bool may_repeat() const noexcept override { return true; }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> answer_timeout() const noexcept override {
    return dispatcher().options().request_timeout;
  }

  const std::string request_;
};

/// WATCH of more keys, on the connection that watches the others. If that cannot be, all are lost,
/// which the client learns at EXEC.
class MoreWatch final : public PrivateWork {
 public:
  MoreWatch(Dispatcher& dispatcher, PrivateLease lease)
      : PrivateWork(dispatcher.private_works()),
        dispatcher_(dispatcher),
        lease_(std::move(lease)),
        sent_at_ns_(dispatcher.now_ns()) {}

  void begin(session::PendingRequest& pending, const Watch& watch, std::string_view request) {
    belongs_to(pending);
    if (watch.asked()) Dispatcher::send_asking(lease_.connection(), watch.slot());
    Dispatcher::send_own(lease_.connection(), pending.handle(), 0, request);
  }

  void on_own_reply(WorkContext& context, std::uint16_t, const resp::ReplyFrame& reply) override {
    Watch& watch = *ClientState::find(*context.pending().session)->watch;
    if (reply.is_error() && is_about_the_slot(error_text(reply.bytes))) {
      lease_.retire();
      context.finish(std::string(resp::kOk));
      return;
    }
    watch.put_back(std::move(lease_));
    context.finish(std::string(reply.bytes));
  }
  void on_own_lost(WorkContext& context, std::uint16_t, const upstream::Connection&,
                   bool) override {
    lease_.retire();
    context.finish(std::string(resp::kOk));
  }
  void tick(std::uint64_t now_ns) override {
    const auto limit = dispatcher_.options().request_timeout;
    if (!is_over(sent_at_ns_, now_ns, limit)) return;
    dispatcher_.answer(*dispatcher_.find_pending(handle()), too_late(limit));
  }

 private:
  Dispatcher& dispatcher_;
  PrivateLease lease_;
  const std::uint64_t sent_at_ns_;
};

}  // namespace

void Watch::release() {
  if (!lease_.alive()) return;
  Dispatcher::send_own(lease_.connection(), {}, 0, kUnwatchRequest);  // nobody waits for its reply
  lease_.give_back();
}

Verdict begin_watching(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  auto keys = dispatcher.slot_of_keys(call);
  if (!keys) return dispatcher.reply_error(call, keys.error());
  const cluster::Slot slot = keys->value_or(cluster::Slot());
  ClientState* state = ClientState::find(call.session);
  Watch* watch = state == nullptr ? nullptr : state->watch.get();
  if (watch != nullptr && watch->slot() != slot) {
    return dispatcher.reply_error(call, routing::kCrossSlotError);
  }
  // What the client has sent before must have run before, and it travels on another connection.
  if (call.session.waiting() > 0) return Verdict::stalled;
  if (watch == nullptr) {
    if (dispatcher.owner_of(slot) == nullptr) return dispatcher.wait_for_route(call, slot);
    auto owned = std::make_unique<FirstWatch>(call, slot);
    FirstWatch& work = *owned;
    session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(owned));
    call.session.block();
    work.begin(pending);
    return Verdict::accepted;
  }
  if (!watch->holds())
    return dispatcher.reply(call, resp::kOk);  // EXEC will say that it is too late
  auto owned = std::make_unique<MoreWatch>(dispatcher, watch->take_lease());
  MoreWatch& work = *owned;
  session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(owned));
  call.session.block();
  work.begin(pending, *watch, call.request.bytes());
  return Verdict::accepted;
}

// --- EXEC
// ------------------------------------------------------------------------------------------------

WatchedExec::WatchedExec(Dispatcher& dispatcher, Watch& watch, const Transaction& transaction,
                         int protocol)
    : PrivateWork(dispatcher.private_works()),
      dispatcher_(dispatcher),
      lease_(watch.take_lease()),
      asked_(watch.asked()),
      protocol_(protocol),
      conversation_(transaction) {}

void WatchedExec::begin(session::PendingRequest& pending, Transaction& transaction) {
  belongs_to(pending);
  sent_at_ns_ = dispatcher_.now_ns();
  // In front of ASKING, which holds for the next command only.
  dispatcher_.scripts().prepare(lease_.connection(), transaction.block());
  if (asked_) {
    Dispatcher::send_asking(lease_.connection(), transaction.slot().value_or(cluster::Slot()));
  }
  Dispatcher::send_own(lease_.connection(), pending.handle(), 0, transaction.block(),
                       transaction.replies());
}

void WatchedExec::on_own_reply(WorkContext& context, std::uint16_t, const resp::ReplyFrame& reply) {
  if (!conversation_.accepts(reply)) {
    lease_.retire();
    context.finish(
        resp::error_reply("ERR slotway: the node's reply to EXEC does not fit, outcome "
                          "unknown"));
    return;
  }
  lease_.give_back();  // EXEC forgets the keys, whatever its reply
  if (reply.is_error() && is_about_the_slot(conversation_.cause_of(error_text(reply.bytes)))) {
    dispatcher_.request_refresh();
    context.finish(std::string(null_reply(protocol_)));
    return;
  }
  context.finish(conversation_.reply(dispatcher_, *context.pending().session, reply));
}

void WatchedExec::on_own_lost(WorkContext& context, std::uint16_t,
                              const upstream::Connection& connection, bool may_have_run) {
  lease_.retire();
  if (!may_have_run || conversation_.has_failed_early()) {
    context.finish(std::string(null_reply(protocol_)));
    return;
  }
  context.finish(
      resp::error_reply(fmt::format("ERR slotway: connection to {} lost, outcome unknown",
                                    cluster::to_string(connection.endpoint()))));
}

void WatchedExec::tick(std::uint64_t now_ns) {
  const auto limit = dispatcher_.options().request_timeout;
  if (!is_over(sent_at_ns_, now_ns, limit)) return;
  dispatcher_.answer(*dispatcher_.find_pending(handle()), too_late(limit));
}

}  // namespace slotway::server
