#include "server/topic_carriers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "cluster/redirect.h"
#include "server/dispatcher.h"
#include "server/keyspace_events.h"
#include "server/logging.h"

namespace slotway::server {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t nanoseconds(std::chrono::nanoseconds duration) noexcept {
  return static_cast<std::uint64_t>(duration.count());
}

// How long a connection without topics is kept: clients that come and go shall not have it made
// anew.
constexpr std::uint64_t kUnusedLifeNs = nanoseconds(10s);
// After an error, before the node is asked again: one that will pass soon, and any other.
constexpr std::uint64_t kSoonNs = nanoseconds(100ms);
constexpr std::uint64_t kLaterNs = nanoseconds(1s);
constexpr std::uint8_t kMaxHops = 5;
/// Redirections may name at most this many nodes that the map does not have.
constexpr std::size_t kMaxForeignLinks = 64;

// Errors that say nothing about the request and go by themselves.
constexpr std::array<std::string_view, 4> kPassing{"CLUSTERDOWN ", "LOADING ", "MASTERDOWN ",
                                                   "TRYAGAIN "};

bool is_passing(std::string_view error) noexcept {
  return std::ranges::any_of(kPassing, [&](auto prefix) { return error.starts_with(prefix); });
}

Carrier* find_carrier(Topic& topic, const SubscriberLink& link) noexcept {
  const auto found = std::ranges::find(topic.carriers, &link, &Carrier::link);
  return found == topic.carriers.end() ? nullptr : &*found;
}

}  // namespace

TopicCarriers::TopicCarriers(const upstream::ConnectionOptions& options,
                             std::span<char> read_buffer, upstream::Connector& connector,
                             DispatcherHost& host, stats::WorkerStats& stats, TopicEvents& events)
    : options_(options),
      read_buffer_(read_buffer),
      connector_(connector),
      host_(host),
      stats_(stats),
      events_(events) {}

// --- Topics
// --------------------------------------------------------------------------------------------

void TopicCarriers::add(Topic& topic) {
  topic.position = topics_.size();
  topics_.push_back(&topic);
  if (choose_hub()) {
    place_all();
  } else {
    place(topic);
  }
}

void TopicCarriers::remove(Topic& topic) {
  for (Carrier& carrier : topic.carriers) unsubscribe(topic, carrier);
  topics_.back()->position = topic.position;
  std::swap(topics_[topic.position], topics_.back());
  topics_.pop_back();
}

void TopicCarriers::unsubscribe(Topic& topic, Carrier& carrier) {
  SubscriberLink& link = *carrier.link;
  if (carrier.state != Carrier::State::unsent && link.connection().accepts()) {
    link.send(topic.kind, false, topic.name, 0);
  }
  asked_.erase(carrier.number);
  if (--link.topics == 0) link.unused_since_ns = now_ns_;
}

// The links a topic ought to have now; fewer if there is no map yet, or nobody owns its slot.
void TopicCarriers::find_desired(const Topic& topic) {
  desired_.clear();
  const auto add = [this](SubscriberLink* link) {
    if (link != nullptr) desired_.push_back(link);
  };
  switch (topic.reach) {
    case Reach::any_node:
      add(hub_);
      return;
    case Reach::every_primary:
      if (map_ == nullptr) return;
      for (const cluster::NodeIndex primary : map_->shards()) {
        add(link_to(map_->node(primary).endpoint));
      }
      return;
    case Reach::slot_owner:
      break;
  }
  if (topic.moved_to) {
    add(link_to(*topic.moved_to));
  } else if (map_ != nullptr && map_->owner(topic.slot) != cluster::kNoNode) {
    add(link_to(map_->node(map_->owner(topic.slot)).endpoint));
  } else {
    host_.request_refresh(RefreshReason::uncovered_slot);
  }
}

void TopicCarriers::place(Topic& topic) {
  find_desired(topic);
  std::erase_if(topic.carriers, [&](Carrier& carrier) {
    if (std::ranges::find(desired_, carrier.link) != desired_.end()) return false;
    if (carrier.state == Carrier::State::confirmed) stats_.pubsub_resubscribes.add();
    // A node that no longer owns the slot ends the subscription by itself.
    if (topic.reach == Reach::slot_owner) carrier.state = Carrier::State::unsent;
    unsubscribe(topic, carrier);
    topic.confirmed = false;
    return true;
  });
  for (SubscriberLink* link : desired_) {
    if (find_carrier(topic, *link) != nullptr) continue;
    topic.carriers.push_back({.link = link});
    ++link->topics;
  }
  if (topic.carriers.empty()) has_unsent_ = true;
  send_unsent(topic);
  check_confirmed(topic);
}

void TopicCarriers::place_all() {
  for (Topic* topic : topics_) place(*topic);
}

void TopicCarriers::send_unsent(Topic& topic) {
  for (Carrier& carrier : topic.carriers) {
    if (carrier.state != Carrier::State::unsent) continue;
    if (!carrier.link->connection().accepts() || now_ns_ < topic.not_before_ns) {
      has_unsent_ = true;
      continue;
    }
    carrier.state = Carrier::State::sent;
    carrier.number = ++last_number_;
    asked_.emplace(carrier.number, &topic);
    carrier.link->send(topic.kind, true, topic.name, carrier.number);
  }
}

void TopicCarriers::lose(Topic& topic, Carrier& carrier) {
  if (carrier.state == Carrier::State::confirmed) stats_.pubsub_resubscribes.add();
  asked_.erase(carrier.number);
  carrier.state = Carrier::State::unsent;
  topic.confirmed = false;
}

// A primary that cannot be reached has nothing to tell either; it must not keep the others'
// messages away.
void TopicCarriers::check_confirmed(Topic& topic) {
  if (topic.confirmed) return;
  const bool needs_hub = topic.reach == Reach::every_primary && topic.kind == TopicKind::pattern;
  if (needs_hub && hub_ == nullptr) return;
  bool any = false;
  for (const Carrier& carrier : topic.carriers) {
    const bool confirmed = carrier.state == Carrier::State::confirmed;
    any = any || confirmed;
    const bool excused = topic.reach == Reach::every_primary && carrier.link->is_down() &&
                         !(needs_hub && carrier.link == hub_);
    if (!confirmed && !excused) return;
  }
  if (!any) return;
  topic.confirmed = true;
  topic.hops = 0;
  events_.on_confirmed(topic);
}

std::string TopicCarriers::problem_of(const Topic& topic) const {
  for (const Carrier& carrier : topic.carriers) {
    if (carrier.state == Carrier::State::confirmed) continue;
    return fmt::format("{} has not confirmed it{}{}", cluster::to_string(carrier.link->endpoint()),
                       carrier.link->is_down() ? ": " : "",
                       carrier.link->is_down() ? carrier.link->connection().last_error() : "");
  }
  if (topic.reach != Reach::slot_owner || map_ == nullptr) return "no node can be reached";
  return fmt::format("no node serves hash slot {}", topic.slot.value());
}

// --- The nodes
// -----------------------------------------------------------------------------------------

SubscriberLink* TopicCarriers::link_to(const cluster::Endpoint& endpoint) {
  for (const auto& link : links_) {
    if (!link->is_leaving() && link->endpoint() == endpoint) return link.get();
  }
  const std::size_t known = map_ == nullptr ? 0 : map_->nodes().size();
  if (links_.size() >= 2 * known + kMaxForeignLinks) return nullptr;
  SubscriberLinkObserver& observer = *this;  // out of reach inside make_unique
  links_.push_back(std::make_unique<SubscriberLink>(endpoint, options_, read_buffer_, connector_,
                                                    observer,
                                                    stats_.node(cluster::to_string(endpoint))));
  links_.back()->unused_since_ns = now_ns_;
  return links_.back().get();
}

bool TopicCarriers::is_primary(const cluster::Endpoint& endpoint) const {
  const cluster::NodeIndex index = map_->find(endpoint);
  return index != cluster::kNoNode && map_->node(index).role == cluster::Role::primary;
}

// Stays with the node it has as long as that is a primary and has not failed. Else it prefers one
// that is connected already; workers begin with different nodes. True if it has changed.
bool TopicCarriers::choose_hub() {
  if (map_ == nullptr) return false;
  if (hub_ != nullptr && !hub_->is_down() && is_primary(hub_->endpoint())) return false;
  const auto primaries = map_->shards();
  const cluster::Endpoint* best = nullptr;
  for (std::size_t i = 0; i < primaries.size(); ++i) {
    const std::size_t index = (host_.worker_index() + i) % primaries.size();
    const cluster::Endpoint& endpoint = map_->node(primaries[index]).endpoint;
    const auto link = std::ranges::find_if(links_, [&](const auto& known) {
      return !known->is_leaving() && known->endpoint() == endpoint;
    });
    if (link != links_.end() && (*link)->is_ready()) {
      best = &endpoint;
      break;
    }
    const bool may_work = link == links_.end() || !(*link)->is_down();
    if (may_work && best == nullptr) best = &endpoint;
  }
  SubscriberLink* chosen = best == nullptr ? nullptr : link_to(*best);
  return std::exchange(hub_, chosen) != chosen;
}

void TopicCarriers::adopt(std::shared_ptr<const cluster::SlotMap> map) {
  map_ = std::move(map);
  if (topics_.empty()) return;
  static_cast<void>(choose_hub());
  for (Topic* topic : topics_) {
    topic->moved_to.reset();
    topic->not_before_ns = 0;
  }
  place_all();
  events_.settle();
}

void TopicCarriers::tick(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  tick_links(now_ns);
  if (!has_unsent_) return;
  has_unsent_ = false;
  if (hub_ == nullptr) static_cast<void>(choose_hub());
  place_all();
  events_.settle();
}

void TopicCarriers::tick_links(std::uint64_t now_ns) {
  // Those that left in an earlier turn: nobody has them on a list of things to do any more.
  std::erase_if(links_,
                [](const auto& link) { return link->is_leaving() && link->connection().gone(); });
  for (std::size_t i = 0; i < links_.size(); ++i) {
    SubscriberLink& link = *links_[i];
    if (link.is_leaving()) continue;
    link.connection().tick(now_ns);
    if (link.topics > 0 || now_ns - link.unused_since_ns < kUnusedLifeNs) continue;
    if (hub_ == &link) hub_ = nullptr;
    link.leave("nobody subscribes to anything there");
  }
}

void TopicCarriers::shut_down() {
  hub_ = nullptr;
  has_unsent_ = false;  // or the next tick would look for a node, and have a link again
  for (const auto& link : links_) {
    if (!link->is_leaving()) link->leave("shutting down");
  }
}

// --- What nodes say
// ------------------------------------------------------------------------------------

void TopicCarriers::on_answer(SubscriberLink& link, std::uint64_t number, std::string_view error) {
  const auto asked = asked_.find(number);
  if (asked == asked_.end()) return;  // nobody wants it any more
  Topic& topic = *asked->second;
  asked_.erase(asked);
  Carrier* carrier = find_carrier(topic, link);
  if (carrier == nullptr || carrier->number != number) return;
  if (error.empty()) {
    carrier->state = Carrier::State::confirmed;
    check_confirmed(topic);
  } else {
    carrier->state = Carrier::State::unsent;
    has_unsent_ = true;
    refused(topic, error, link.endpoint().host);
  }
  events_.settle();
}

void TopicCarriers::refused(Topic& topic, std::string_view error, std::string_view host) {
  const auto redirection = cluster::parse_redirection(error, host);
  if (redirection && topic.reach == Reach::slot_owner) {
    host_.request_refresh(RefreshReason::moved);
    const cluster::NodeIndex target =
        map_ == nullptr ? cluster::kNoNode : map_->find_by_any_address(redirection->target);
    if (target != cluster::kNoNode && ++topic.hops <= kMaxHops) {
      topic.moved_to = map_->node(target).endpoint;
      place(topic);
      return;
    }
    topic.hops = 0;
  } else if (is_passing(error)) {
    host_.request_refresh(RefreshReason::unreachable);
  } else {
    topic.not_before_ns = now_ns_ + kLaterNs;
    log_warning("a node refused a subscription", {{"error", error}});
    events_.on_refused(topic, error);
    return;
  }
  topic.moved_to.reset();
  topic.not_before_ns = now_ns_ + kSoonNs;
}

void TopicCarriers::on_no_answer(std::uint64_t number) { asked_.erase(number); }

// What every node tells is taken from one of them only.
void TopicCarriers::on_message(SubscriberLink& link, const PubSubFrame& message,
                               std::string_view bytes) {
  stats_.pubsub_messages_in.add();
  Topic* topic = events_.find(message.kind, message.topic);
  if (topic == nullptr || find_carrier(*topic, link) == nullptr) return;
  const bool told_by_all =
      topic->reach == Reach::every_primary && !is_keyspace_channel(message.channel);
  if (told_by_all && &link != hub_) return;
  events_.on_message(*topic, bytes);
}

// The slot has moved to another node, which may not be known yet.
void TopicCarriers::on_dropped(SubscriberLink& link, const PubSubFrame& frame) {
  Topic* topic = events_.find(frame.kind, frame.topic);
  Carrier* carrier = topic == nullptr ? nullptr : find_carrier(*topic, link);
  if (carrier == nullptr || carrier->state != Carrier::State::confirmed) return;
  lose(*topic, *carrier);
  host_.request_refresh(RefreshReason::moved);
  send_unsent(*topic);  // whoever has the slot now is named by the answer
}

void TopicCarriers::on_link_up(SubscriberLink& link) {
  host_.on_node_up(link.connection());
  if (hub_ == nullptr && choose_hub()) {
    place_all();
  } else {
    for (Topic* topic : topics_) send_unsent(*topic);
  }
  events_.settle();
}

void TopicCarriers::on_link_down(SubscriberLink& link, std::string_view reason) {
  host_.on_node_down(link.connection(), reason);
  host_.request_refresh(RefreshReason::connection_failed);
  for (Topic* topic : topics_) {
    if (Carrier* carrier = find_carrier(*topic, link)) lose(*topic, *carrier);
  }
  if (hub_ == &link) static_cast<void>(choose_hub());
  place_all();
  events_.settle();
}

void TopicCarriers::wants_flush(upstream::Connection& connection) { host_.wants_flush(connection); }

}  // namespace slotway::server
