#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "server/pubsub_frame.h"
#include "upstream/connection.h"

namespace slotway::server {

class SubscriberLink;

/// What a link tells whoever keeps the subscriptions.
class SubscriberLinkObserver {
 public:
  /// The end of a request sent by the link: `error` is empty, or the text of the error.
  virtual void on_answer(SubscriberLink& link, std::uint64_t number, std::string_view error) = 0;
  /// The connection ended before the request was answered.
  virtual void on_no_answer(std::uint64_t number) = 0;
  virtual void on_message(SubscriberLink& link, const PubSubFrame& message,
                          std::string_view bytes) = 0;
  /// The node has ended a subscription by itself.
  virtual void on_dropped(SubscriberLink& link, const PubSubFrame& frame) = 0;
  virtual void on_link_up(SubscriberLink& link) = 0;
  virtual void on_link_down(SubscriberLink& link, std::string_view reason) = 0;
  virtual void wants_flush(upstream::Connection& connection) = 0;

 protected:
  ~SubscriberLinkObserver() = default;
};

/// A worker's connection to one node for all of its subscriptions there. It speaks RESP2, which
/// servers of all ages do: once subscribed, a RESP2 connection gets nothing but arrays of pub/sub,
/// and errors.
class SubscriberLink final : private upstream::ConnectionObserver {
 public:
  SubscriberLink(const cluster::Endpoint& endpoint, const upstream::ConnectionOptions& options,
                 std::span<char> read_buffer, upstream::Connector& connector,
                 SubscriberLinkObserver& observer, stats::NodeStats& stats);

  [[nodiscard]] upstream::Connection& connection() noexcept { return connection_; }
  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept {
    return connection_.endpoint();
  }
  [[nodiscard]] bool is_ready() const noexcept {
    return connection_.state() == upstream::Connection::State::ready;
  }
  /// True while the last attempt to connect has failed.
  [[nodiscard]] bool is_down() const noexcept {
    return connection_.state() > upstream::Connection::State::ready;
  }

  /// Sends SUBSCRIBE, PUNSUBSCRIBE, ...; connects first if need be. A request to unsubscribe has
  /// number 0: nobody wants to know how it ends. REQUIRES: connection().accepts().
  void send(TopicKind kind, bool subscribe, std::string_view name, std::uint64_t number);

  /// Ends the connection for good.
  void leave(std::string_view reason);
  [[nodiscard]] bool is_leaving() const noexcept { return leaving_; }

  /// Topics it carries.
  std::size_t topics = 0;
  std::uint64_t unused_since_ns = 0;

 private:
  bool on_reply(upstream::Connection& connection, const upstream::InFlight& entry,
                std::string_view request, const resp::ReplyFrame& reply) override;
  void on_unanswered(upstream::Connection& connection, const upstream::InFlight& entry,
                     std::string_view request, bool may_have_run) override;
  bool on_push(upstream::Connection& connection, std::string_view frame) override;
  bool is_reply(upstream::Connection& connection, const upstream::InFlight& oldest,
                std::string_view frame) override;
  void on_ready(upstream::Connection& connection) override;
  void on_down(upstream::Connection& connection, std::string_view reason) override;
  void wants_flush(upstream::Connection& connection) override;

  SubscriberLinkObserver& observer_;
  upstream::Connection connection_;
  bool leaving_ = false;
};

}  // namespace slotway::server
