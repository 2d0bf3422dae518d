#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/endpoint.h"
#include "cluster/slot.h"
#include "server/pubsub_frame.h"

namespace slotway::server {

class Subscriber;
class SubscriberLink;
class SubscriptionCommand;

/// Which nodes have to be subscribed at to hear everything of a topic.
enum class Reach : std::uint8_t {
  any_node,       ///< the cluster bus carries PUBLISH to every node
  every_primary,  ///< keyspace notifications, which each node tells its own subscribers only
  slot_owner,     ///< shard channels
};

/// The subscription at one node.
struct Carrier {
  enum class State : std::uint8_t { unsent, sent, confirmed };

  SubscriberLink* link = nullptr;
  State state = State::unsent;
  std::uint64_t number = 0;  ///< of the request sent last, by which its confirmation is known
};

/// A channel, pattern or shard channel that clients of this worker have subscribed to, or are about
/// to. Owned by the SubscriptionHub; there is one for each name, however many clients want it.
struct Topic {
  TopicKind kind;
  std::string name;
  Reach reach;
  cluster::Slot slot;  ///< of a shard channel

  // At the nodes; kept by TopicCarriers.
  std::vector<Carrier> carriers;
  bool confirmed = false;  ///< subscribed to wherever it has to be
  /// A node said that this one has the slot now; until the next slot map.
  std::optional<cluster::Endpoint> moved_to;
  std::uint8_t hops = 0;            ///< redirections since the last pause
  std::uint64_t not_before_ns = 0;  ///< after an error: no attempt before this time
  std::size_t position = 0;         ///< in the list of all topics

  // Towards clients; kept by SubscriptionHub.
  std::vector<Subscriber*> members;           ///< who gets its messages
  std::vector<SubscriptionCommand*> waiting;  ///< commands that wait for it to be confirmed
  std::size_t holds = 0;                      ///< commands under way that need it
};

}  // namespace slotway::server
