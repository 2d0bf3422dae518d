// SUBSCRIBE, UNSUBSCRIBE, and the same for patterns and shard channels.

#include <array>

#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/subscriber.h"

namespace slotway::server {

namespace {

template <TopicKind kKind, bool kSubscribe>
session::Verdict change(const Call& call) {
  ClientState& state = ClientState::of(call.session);
  if (state.subscriber == nullptr) {
    if (call.session.waiting() > 0)
      return session::Verdict::stalled;  // its requests before come first
    state.subscriber = std::make_unique<Subscriber>(call.dispatcher.subscriptions(),
                                                    call.dispatcher, call.session);
  }
  return state.subscriber->take(call, kKind, kSubscribe);
}

constexpr std::array<HandlerBinding, 6> kBindings{{
    {"subscribe", change<TopicKind::channel, true>},
    {"unsubscribe", change<TopicKind::channel, false>},
    {"psubscribe", change<TopicKind::pattern, true>},
    {"punsubscribe", change<TopicKind::pattern, false>},
    {"ssubscribe", change<TopicKind::shard_channel, true>},
    {"sunsubscribe", change<TopicKind::shard_channel, false>},
}};

}  // namespace

std::span<const HandlerBinding> pubsub_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
