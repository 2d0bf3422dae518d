#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/topic.h"
#include "server/topic_carriers.h"
#include "session/client_session.h"

namespace slotway::server {

/// How much a subscriber may leave unread before it is closed.
struct SubscriberLimits {
  std::size_t output_hard = 0;  ///< bytes; 0: no limit
  std::size_t output_soft = 0;  ///< for longer than soft_time; 0: no limit
  std::chrono::nanoseconds soft_time{};
};

/// The subscriptions of a worker's clients. However many clients want a topic, the nodes see it
/// once for each worker; its messages are passed on to all who want it.
class SubscriptionHub final : private TopicEvents {
 public:
  /// `confirm_timeout` is how long a client waits for nodes to confirm what it subscribes to.
  SubscriptionHub(const upstream::ConnectionOptions& connection,
                  std::chrono::nanoseconds confirm_timeout, const SubscriberLimits& limits,
                  session::SessionContext& sessions, upstream::Connector& connector,
                  DispatcherHost& host);

  // For Subscriber
  // --------------------------------------------------------------------------------------

  /// The topic, subscribed to from now on if it was not; kept until it is released as often.
  [[nodiscard]] Topic& hold(TopicKind kind, std::string_view name);
  void release(Topic& topic);
  /// Null if nobody of this worker wants it.
  [[nodiscard]] Topic* find(TopicKind kind, std::string_view name) override;
  /// Adds a client that gets the topic's messages; its position among them may change, see
  /// Subscriber::moved.
  std::size_t join(Topic& topic, Subscriber& subscriber);
  void part(Topic& topic, std::size_t position);

  /// Begins or ends to watch the clock for commands of a subscriber that wait.
  void add_waiting(Subscriber& subscriber);
  void remove_waiting(Subscriber& subscriber);
  /// Has a command that waited no longer a reason to: it is looked at before anything else happens.
  void wake(Subscriber& subscriber) { woken_.push_back(&subscriber); }
  void remove_woken(Subscriber& subscriber) { std::erase(woken_, &subscriber); }
  /// A client has more unread output than the soft limit: it is closed if it stays so.
  void add_slow(Subscriber& subscriber) { slow_.push_back(&subscriber); }
  void remove_slow(Subscriber& subscriber) { std::erase(slow_, &subscriber); }

  [[nodiscard]] const SubscriberLimits& limits() const noexcept { return limits_; }
  [[nodiscard]] std::chrono::nanoseconds confirm_timeout() const noexcept {
    return confirm_timeout_;
  }
  [[nodiscard]] std::uint64_t now_ns() noexcept { return sessions_.clock.now_ns(); }
  [[nodiscard]] stats::WorkerStats& stats() noexcept { return sessions_.stats; }
  [[nodiscard]] std::string problem_of(const Topic& topic) const {
    return carriers_.problem_of(topic);
  }

  // For the dispatcher
  // ----------------------------------------------------------------------------------

  void adopt(std::shared_ptr<const cluster::SlotMap> map) { carriers_.adopt(std::move(map)); }
  void tick(std::uint64_t now_ns);
  void shut_down() { carriers_.shut_down(); }
  /// True once no connection is left.
  [[nodiscard]] bool gone() const noexcept { return carriers_.gone(); }

  // For PUBSUB
  // ------------------------------------------------------------------------------------------

  /// How many of this worker's clients have subscribed to it.
  [[nodiscard]] std::size_t subscribers(TopicKind kind, std::string_view name);
  /// The names that clients of this worker have subscribed to, in no particular order. Valid until
  /// the next request is taken.
  [[nodiscard]] std::vector<std::string_view> names(TopicKind kind);

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept {
      return std::hash<std::string_view>{}(name);
    }
  };
  using Topics = std::unordered_map<std::string, std::unique_ptr<Topic>, NameHash, std::equal_to<>>;

  void on_confirmed(Topic& topic) override;
  void on_refused(Topic& topic, std::string_view error) override;
  void on_message(Topic& topic, std::string_view bytes) override;
  void settle() override;

  [[nodiscard]] Topics& topics_of(TopicKind kind) noexcept {
    return topics_[static_cast<std::size_t>(kind)];
  }

  const std::chrono::nanoseconds confirm_timeout_;
  const SubscriberLimits limits_;
  session::SessionContext& sessions_;
  std::array<Topics, kTopicKinds> topics_;
  TopicCarriers carriers_;
  std::vector<Subscriber*> waiting_;
  std::vector<Subscriber*> woken_;
  std::vector<Subscriber*> slow_;
};

}  // namespace slotway::server
