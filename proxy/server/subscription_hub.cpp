#include "server/subscription_hub.h"

#include <algorithm>
#include <utility>

#include "server/dispatcher.h"
#include "server/fan_out_message.h"
#include "server/keyspace_events.h"
#include "server/subscriber.h"

namespace slotway::server {

namespace {

Reach reach_of(TopicKind kind, std::string_view name) noexcept {
  switch (kind) {
    case TopicKind::channel:
      return is_keyspace_channel(name) ? Reach::every_primary : Reach::any_node;
    case TopicKind::pattern:
      return matches_keyspace_channels(name) ? Reach::every_primary : Reach::any_node;
    case TopicKind::shard_channel:
      break;
  }
  return Reach::slot_owner;
}

}  // namespace

SubscriptionHub::SubscriptionHub(const upstream::ConnectionOptions& connection,
                                 std::chrono::nanoseconds confirm_timeout,
                                 const SubscriberLimits& limits, session::SessionContext& sessions,
                                 upstream::Connector& connector, DispatcherHost& host)
    : confirm_timeout_(confirm_timeout),
      limits_(limits),
      sessions_(sessions),
      carriers_(connection, sessions.read_buffer, connector, host, sessions.stats, *this) {}

// --- Topics
// --------------------------------------------------------------------------------------------

Topic* SubscriptionHub::find(TopicKind kind, std::string_view name) {
  Topics& topics = topics_of(kind);
  const auto found = topics.find(name);
  return found == topics.end() ? nullptr : found->second.get();
}

Topic& SubscriptionHub::hold(TopicKind kind, std::string_view name) {
  if (Topic* known = find(kind, name)) {
    ++known->holds;
    return *known;
  }
  auto made = std::make_unique<Topic>(Topic{.kind = kind,
                                            .name = std::string(name),
                                            .reach = reach_of(kind, name),
                                            .slot = cluster::slot_of(name),
                                            .holds = 1});
  Topic& topic = *made;
  topics_of(kind).emplace(topic.name, std::move(made));
  sessions_.stats.pubsub_topics.add();
  carriers_.add(topic);
  return topic;
}

void SubscriptionHub::release(Topic& topic) {
  --topic.holds;
  if (topic.holds > 0 || !topic.members.empty()) return;
  carriers_.remove(topic);
  sessions_.stats.pubsub_topics.subtract();
  Topics& topics = topics_of(topic.kind);
  topics.erase(topics.find(topic.name));
}

std::size_t SubscriptionHub::join(Topic& topic, Subscriber& subscriber) {
  topic.members.push_back(&subscriber);
  return topic.members.size() - 1;
}

void SubscriptionHub::part(Topic& topic, std::size_t position) {
  if (position + 1 < topic.members.size()) {
    topic.members[position] = topic.members.back();
    topic.members[position]->moved(topic, position);
  }
  topic.members.pop_back();
  ++topic.holds;
  release(topic);
}

std::size_t SubscriptionHub::subscribers(TopicKind kind, std::string_view name) {
  const Topic* topic = find(kind, name);
  return topic == nullptr ? 0 : topic->members.size();
}

std::vector<std::string_view> SubscriptionHub::names(TopicKind kind) {
  std::vector<std::string_view> names;
  for (const auto& [name, topic] : topics_of(kind)) {
    if (!topic->members.empty())
      names.push_back(name);  // else it is only about to be subscribed to
  }
  return names;
}

// --- What nodes say
// ------------------------------------------------------------------------------------

void SubscriptionHub::on_confirmed(Topic& topic) {
  for (SubscriptionCommand* command : std::exchange(topic.waiting, {})) {
    command->topic_is_confirmed();
  }
}

void SubscriptionHub::on_refused(Topic& topic, std::string_view error) {
  for (SubscriptionCommand* command : topic.waiting) command->fail(std::string(error));
}

void SubscriptionHub::on_message(Topic& topic, std::string_view bytes) {
  FanOutMessage message(bytes);
  for (Subscriber* member : topic.members) member->deliver(message);
  sessions_.stats.pubsub_messages_out.add(topic.members.size());
}

// Running commands may add and remove topics, and wake others.
void SubscriptionHub::settle() {
  while (!woken_.empty()) {
    Subscriber* subscriber = woken_.back();
    woken_.pop_back();
    subscriber->run();
  }
}

// --- The clock
// -----------------------------------------------------------------------------------------

void SubscriptionHub::add_waiting(Subscriber& subscriber) { waiting_.push_back(&subscriber); }

void SubscriptionHub::remove_waiting(Subscriber& subscriber) {
  std::erase(waiting_, &subscriber);
  std::erase(woken_, &subscriber);
}

void SubscriptionHub::tick(std::uint64_t now_ns) {
  carriers_.tick(now_ns);
  for (Subscriber* subscriber : waiting_) subscriber->check_deadline(now_ns);
  settle();
  // From the back: one that is no longer slow, or is closed, takes itself off the list.
  for (std::size_t i = slow_.size(); i-- > 0;) slow_[i]->check_output(now_ns);
}

}  // namespace slotway::server
