#include "server/subscriber.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "resp/encoder.h"
#include "server/client_facts.h"
#include "server/dispatcher.h"
#include "server/logging.h"
#include "server/subscription_hub.h"

namespace slotway::server {

using session::Verdict;

// --- A command under way
// -------------------------------------------------------------------------------

SubscriptionCommand::SubscriptionCommand(SubscriptionHub& hub, TopicKind kind, bool subscribe,
                                         const resp::RequestView& request)
    : hub_(hub), kind_(kind), subscribe_(subscribe) {
  for (std::size_t i = 1; i < request.size(); ++i) {
    if (subscribe) {
      topics_.push_back(&hub.hold(kind, request[i]));
    } else {
      names_.emplace_back(request[i]);
    }
  }
}

SubscriptionCommand::~SubscriptionCommand() {
  if (subscriber_ != nullptr) subscriber_->leave_line(*this);
  for (Topic* topic : topics_) {
    std::erase(topic->waiting, this);
    hub_.release(*topic);
  }
}

void SubscriptionCommand::wait_for_topics() {
  for (Topic* topic : topics_) {
    if (topic->confirmed) continue;
    topic->waiting.push_back(this);
    ++unconfirmed_;
  }
}

void SubscriptionCommand::topic_is_confirmed() {
  if (--unconfirmed_ == 0) hub_.wake(*subscriber_);
}

void SubscriptionCommand::fail(std::string error) {
  if (error_.empty()) error_ = std::move(error);
  hub_.wake(*subscriber_);
}

// --- A client's commands
// -------------------------------------------------------------------------------

Subscriber::Subscriber(SubscriptionHub& hub, Dispatcher& dispatcher,
                       session::ClientSession& session)
    : hub_(hub), dispatcher_(dispatcher), session_(session) {}

Subscriber::~Subscriber() {
  for (SubscriptionCommand* command : line_) command->subscriber_ = nullptr;
  hub_.remove_waiting(*this);
  if (slow_since_ns_ != 0) hub_.remove_slow(*this);
  const bool had_subscriptions = has_subscriptions();
  for (auto& memberships : memberships_) {
    while (!memberships.empty()) unsubscribe(*memberships.begin()->first);
  }
  count_client(had_subscriptions);
}

Verdict Subscriber::take(const Call& call, TopicKind kind, bool subscribe) {
  auto made = std::make_unique<SubscriptionCommand>(hub_, kind, subscribe, call.request);
  SubscriptionCommand& command = *made;
  session::PendingRequest& pending = dispatcher_.open_for_later(call, std::move(made));
  pending.never_mute();  // as Redis, which counts confirmations among the messages
  command.request_ = pending.handle();
  command.deadline_ns_ = hub_.now_ns() + static_cast<std::uint64_t>(hub_.confirm_timeout().count());
  command.wait_for_topics();
  command.subscriber_ = this;
  line_.push_back(&command);
  if (line_.size() == 1) hub_.add_waiting(*this);
  run();
  return Verdict::accepted;
}

void Subscriber::leave_line(SubscriptionCommand& command) {
  std::erase(line_, &command);
  if (line_.empty()) hub_.remove_waiting(*this);
}

void Subscriber::run() {
  while (!line_.empty() && line_.front()->may_run()) {
    SubscriptionCommand& command = *line_.front();
    const std::string reply =
        command.error_.empty() ? run(command) : resp::error_reply(command.error_);
    leave_line(command);
    command.subscriber_ = nullptr;
    // The last of it: the answer destroys the command. An earlier request of the client cannot be
    // pending.
    dispatcher_.answer(*dispatcher_.find_pending(command.request_), reply);
  }
}

std::string Subscriber::run(SubscriptionCommand& command) {
  std::string out;
  const bool had_subscriptions = has_subscriptions();
  if (command.subscribe_) {
    for (Topic* topic : command.topics_) {
      subscribe(*topic);
      confirm(out, command.kind_, true, topic->name);
    }
  } else if (!command.names_.empty()) {
    for (const std::string& name : command.names_) {
      Topic* topic = hub_.find(command.kind_, name);
      if (topic != nullptr) unsubscribe(*topic);
      confirm(out, command.kind_, false, name);
    }
  } else if (auto& all = memberships(command.kind_); all.empty()) {
    confirm(out, command.kind_, false, std::nullopt);
  } else {
    while (!all.empty()) {
      Topic& topic = *all.begin()->first;
      const std::string name = topic.name;
      unsubscribe(topic);
      confirm(out, command.kind_, false, name);
    }
  }
  count_client(had_subscriptions);
  return out;
}

void Subscriber::subscribe(Topic& topic) {
  const auto [place, is_new] = memberships(topic.kind).try_emplace(&topic);
  if (is_new) place->second = hub_.join(topic, *this);
}

void Subscriber::unsubscribe(Topic& topic) {
  auto& all = memberships(topic.kind);
  const auto place = all.find(&topic);
  if (place == all.end()) return;
  const std::size_t position = place->second;
  all.erase(place);
  hub_.part(topic, position);
}

void Subscriber::moved(Topic& topic, std::size_t position) {
  memberships(topic.kind).at(&topic) = position;
}

// Redis counts shard channels apart from the others.
void Subscriber::confirm(std::string& out, TopicKind kind, bool subscribe,
                         std::optional<std::string_view> name) const {
  const std::size_t left = kind == TopicKind::shard_channel
                               ? count(kind)
                               : count(TopicKind::channel) + count(TopicKind::pattern);
  append_confirmation(out, session_.protocol, kind, subscribe, name, left);
}

void Subscriber::count_client(bool had_subscriptions) {
  const bool has = has_subscriptions();
  session_.output_is_watched = has && hub_.limits().output_hard != 0;
  if (has == had_subscriptions) return;
  if (has) {
    hub_.stats().pubsub_clients.add();
  } else {
    hub_.stats().pubsub_clients.subtract();
  }
}

void Subscriber::describe(ClientFacts& facts) const {
  if (has_subscriptions()) facts.set(ClientFlag::subscribed);
  facts.channels = count(TopicKind::channel);
  facts.patterns = count(TopicKind::pattern);
  facts.shard_channels = count(TopicKind::shard_channel);
}

void Subscriber::check_deadline(std::uint64_t now_ns) {
  for (SubscriptionCommand* command : line_) {
    if (now_ns < command->deadline_ns_) return;
    for (const Topic* topic : command->topics_) {
      if (topic->confirmed) continue;
      command->fail(
          fmt::format("CLUSTERDOWN slotway: cannot subscribe: {}", hub_.problem_of(*topic)));
      break;
    }
  }
}

// --- A client's other requests
// -------------------------------------------------------------------------

namespace {

bool is_allowed_for_subscribers(std::string_view command) noexcept {
  constexpr std::array<std::string_view, 9> kAllowed{"subscribe",    "unsubscribe", "psubscribe",
                                                     "punsubscribe", "ssubscribe",  "sunsubscribe",
                                                     "ping",         "quit",        "reset"};
  return std::ranges::find(kAllowed, command) != kAllowed.end();
}

}  // namespace

std::optional<Verdict> Subscriber::intercept(const Call& call) {
  const std::string_view name = call.command.name;
  const bool is_subscription =
      call.command.has(command::Flag::pubsub) && name.ends_with("subscribe");
  // What is pending besides commands of ours comes first, and what follows them waits for them.
  if (is_subscription ? session_.waiting() > line_.size() : !line_.empty()) return Verdict::stalled;
  if (session_.protocol == 3 || !has_subscriptions()) return std::nullopt;
  if (!is_allowed_for_subscribers(name)) {
    return call.dispatcher.reply_error(
        call, fmt::format("ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                          "QUIT / RESET are allowed in this context",
                          name));
  }
  if (name != "ping" || call.request.size() > 2) return std::nullopt;
  std::string pong;
  resp::append_array_header(pong, 2);
  resp::append_bulk(pong, "pong");
  resp::append_bulk(pong, call.request.size() == 2 ? call.request[1] : std::string_view());
  return call.dispatcher.reply(call, pong);
}

// --- Messages
// ------------------------------------------------------------------------------------------

void Subscriber::deliver(FanOutMessage& message) {
  message.send_to(session_);
  limit_output();
}

void Subscriber::limit_output() {
  if (!has_subscriptions()) return;
  const SubscriberLimits& limits = hub_.limits();
  const std::size_t unread = session_.output_size();
  if (limits.output_hard != 0 && unread > limits.output_hard) [[unlikely]] {
    cut("it has more unread messages than limits.client_output_pubsub_hard");
  } else if (limits.output_soft != 0 && unread > limits.output_soft && slow_since_ns_ == 0)
      [[unlikely]] {
    slow_since_ns_ = hub_.now_ns();
    hub_.add_slow(*this);
  }
}

void Subscriber::check_output(std::uint64_t now_ns) {
  const bool is_slow = session_.is_open() && session_.output_size() > hub_.limits().output_soft;
  const auto limit = static_cast<std::uint64_t>(hub_.limits().soft_time.count());
  if (is_slow && now_ns - slow_since_ns_ < limit) return;
  slow_since_ns_ = 0;
  hub_.remove_slow(*this);
  if (is_slow)
    cut("it has had more unread messages than limits.client_output_pubsub_soft for too long");
}

void Subscriber::cut(std::string_view reason) {
  if (!session_.is_open()) return;
  hub_.stats().pubsub_clients_cut.add();
  hub_.stats().clients_lost.add();
  log_warning("a subscriber is closed", {{"client", session_.id()}, {"reason", reason}});
  session_.abort();
}

}  // namespace slotway::server
