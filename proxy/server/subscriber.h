#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/fan_out_message.h"
#include "server/handler.h"
#include "server/topic.h"
#include "session/client_session.h"

namespace slotway::server {

class Subscriber;
class SubscriptionHub;
struct ClientFacts;

/// SUBSCRIBE or UNSUBSCRIBE of any kind under way: it waits until the nodes have confirmed all its
/// topics and the client's earlier ones are done. Ends with its request.
class SubscriptionCommand final : public session::RequestWork {
 public:
  SubscriptionCommand(SubscriptionHub& hub, TopicKind kind, bool subscribe,
                      const resp::RequestView& request);
  ~SubscriptionCommand() override;

  [[nodiscard]] bool has_deadline() const noexcept override { return false; }

  void topic_is_confirmed();
  /// `error` is what the client gets, without '-'.
  void fail(std::string error);
  [[nodiscard]] bool may_run() const noexcept { return unconfirmed_ == 0 || !error_.empty(); }

 private:
  friend class Subscriber;

  void wait_for_topics();

  SubscriptionHub& hub_;
  Subscriber* subscriber_ = nullptr;  // set while it stands in that one's line
  const TopicKind kind_;
  const bool subscribe_;
  std::vector<std::string> names_;  // to unsubscribe from
  std::vector<Topic*> topics_;      // to subscribe to; held
  std::size_t unconfirmed_ = 0;
  std::string error_;
  std::uint64_t deadline_ns_ = 0;
  session::RequestHandle request_;
};

/// A client that has subscriptions, or has asked for one.
///
/// Its commands take effect one after the other, each when its confirmations go out: from there on,
/// and not earlier, the client gets messages. So they come in the order that Redis has them in, and
/// whatever is published after the client has seen the confirmation reaches it. Other requests of
/// the client wait while commands are under way, and these wait for the client's requests before
/// them.
class Subscriber {
 public:
  Subscriber(SubscriptionHub& hub, Dispatcher& dispatcher, session::ClientSession& session);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// The handler of SUBSCRIBE, UNSUBSCRIBE and their kin.
  [[nodiscard]] session::Verdict take(const Call& call, TopicKind kind, bool subscribe);

  /// Called for each request of the client: makes it wait, refuses what a RESP2 client may not send
  /// once it has subscribed, answers PING as Redis does then.
  [[nodiscard]] std::optional<session::Verdict> intercept(const Call& call);

  [[nodiscard]] std::size_t count(TopicKind kind) const noexcept {
    return memberships_[static_cast<std::size_t>(kind)].size();
  }
  [[nodiscard]] bool has_subscriptions() const noexcept {
    return count(TopicKind::channel) + count(TopicKind::pattern) + count(TopicKind::shard_channel) >
           0;
  }

  /// For CLIENT LIST.
  void describe(ClientFacts& facts) const;

  // For the hub
  // -----------------------------------------------------------------------------------------

  void deliver(FanOutMessage& message);
  /// Looks at what the client has left unread, after more was sent to it.
  void limit_output();
  /// Runs the commands that have nothing to wait for.
  void run();
  void moved(Topic& topic, std::size_t position);
  void check_deadline(std::uint64_t now_ns);
  /// Closes the client if it has read too slowly for too long.
  void check_output(std::uint64_t now_ns);

 private:
  friend class SubscriptionCommand;

  [[nodiscard]] std::unordered_map<Topic*, std::size_t>& memberships(TopicKind kind) noexcept {
    return memberships_[static_cast<std::size_t>(kind)];
  }
  void leave_line(SubscriptionCommand& command);
  [[nodiscard]] std::string run(SubscriptionCommand& command);
  void subscribe(Topic& topic);
  void unsubscribe(Topic& topic);
  void confirm(std::string& out, TopicKind kind, bool subscribe,
               std::optional<std::string_view> name) const;
  void count_client(bool had_subscriptions);
  void cut(std::string_view reason);

  SubscriptionHub& hub_;
  Dispatcher& dispatcher_;
  session::ClientSession& session_;
  /// The topics, and this client's position among the members of each.
  std::array<std::unordered_map<Topic*, std::size_t>, kTopicKinds> memberships_;
  std::vector<SubscriptionCommand*> line_;  // under way, in the order they came
  std::uint64_t slow_since_ns_ = 0;         // 0: its unread output is within bounds
};

}  // namespace slotway::server
