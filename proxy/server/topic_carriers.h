#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cluster/slot_map.h"
#include "server/subscriber_link.h"
#include "server/topic.h"
#include "stats/worker_stats.h"
#include "upstream/connection.h"

namespace slotway::server {

class DispatcherHost;

/// What becomes of the topics at the nodes, for who keeps the topics. None of these may add or
/// remove a topic before settle(), which follows each of them.
class TopicEvents {
 public:
  /// Null if nobody wants it (any more).
  virtual Topic* find(TopicKind kind, std::string_view name) = 0;
  virtual void on_confirmed(Topic& topic) = 0;
  /// A node refused it with this error.
  virtual void on_refused(Topic& topic, std::string_view error) = 0;
  /// `bytes` is the whole message as RESP2 has it.
  virtual void on_message(Topic& topic, std::string_view bytes) = 0;
  virtual void settle() = 0;

 protected:
  ~TopicEvents() = default;
};

/// Keeps the topics of a worker subscribed to at the nodes that carry them, with one connection to
/// each such node: channels and patterns at one primary, keyspace notifications at all of them,
/// shard channels at the owner of their slot. Follows slots that move and nodes that die.
class TopicCarriers final : private SubscriberLinkObserver {
 public:
  TopicCarriers(const upstream::ConnectionOptions& options, std::span<char> read_buffer,
                upstream::Connector& connector, DispatcherHost& host, stats::WorkerStats& stats,
                TopicEvents& events);

  /// Begins to subscribe to a topic.
  void add(Topic& topic);
  /// Ends it; nothing will be heard of the topic again, and it may be destroyed.
  void remove(Topic& topic);

  void adopt(std::shared_ptr<const cluster::SlotMap> map);
  void tick(std::uint64_t now_ns);
  void shut_down();
  /// True once no connection is left.
  [[nodiscard]] bool gone() const noexcept { return links_.empty(); }

  /// Why a topic is not confirmed, for people.
  [[nodiscard]] std::string problem_of(const Topic& topic) const;

 private:
  void on_answer(SubscriberLink& link, std::uint64_t number, std::string_view error) override;
  void on_no_answer(std::uint64_t number) override;
  void on_message(SubscriberLink& link, const PubSubFrame& message,
                  std::string_view bytes) override;
  void on_dropped(SubscriberLink& link, const PubSubFrame& frame) override;
  void on_link_up(SubscriberLink& link) override;
  void on_link_down(SubscriberLink& link, std::string_view reason) override;
  void wants_flush(upstream::Connection& connection) override;

  [[nodiscard]] SubscriberLink* link_to(const cluster::Endpoint& endpoint);
  [[nodiscard]] bool choose_hub();
  [[nodiscard]] bool is_primary(const cluster::Endpoint& endpoint) const;
  void place_all();
  void place(Topic& topic);
  void find_desired(const Topic& topic);
  void send_unsent(Topic& topic);
  void unsubscribe(Topic& topic, Carrier& carrier);
  void lose(Topic& topic, Carrier& carrier);
  void check_confirmed(Topic& topic);
  void refused(Topic& topic, std::string_view error, std::string_view host);
  void tick_links(std::uint64_t now_ns);

  const upstream::ConnectionOptions options_;
  std::span<char> read_buffer_;
  upstream::Connector& connector_;
  DispatcherHost& host_;
  stats::WorkerStats& stats_;
  TopicEvents& events_;

  std::shared_ptr<const cluster::SlotMap> map_;
  std::vector<std::unique_ptr<SubscriberLink>> links_;
  /// The node that is listened to for what every node tells; null if none can be reached.
  SubscriberLink* hub_ = nullptr;
  std::vector<Topic*> topics_;
  std::unordered_map<std::uint64_t, Topic*> asked_;  // by the number of the unanswered request
  std::uint64_t last_number_ = 0;
  std::uint64_t now_ns_ = 0;  // of the last tick
  bool has_unsent_ = false;
  std::vector<SubscriberLink*> desired_;  // scratch
};

}  // namespace slotway::server
