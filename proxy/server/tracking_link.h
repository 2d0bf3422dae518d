#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/invalidation.h"
#include "upstream/connection.h"

namespace slotway::server {

class TrackingLink;

/// What a link tells whoever keeps the links.
class TrackingLinkObserver {
 public:
  /// From now on the node tells of every key that changes.
  virtual void on_watching(TrackingLink& link) = 0;
  /// The node will not; it is asked again after a while.
  virtual void on_refused(TrackingLink& link) = 0;
  /// The connection has ended or could not be made; `was_watching` says which.
  virtual void on_link_down(TrackingLink& link, bool was_watching, std::string_view reason) = 0;
  virtual void on_changed(const Invalidation& invalidation) = 0;
  virtual void on_link_up(TrackingLink& link) = 0;
  virtual void wants_flush(upstream::Connection& connection) = 0;

 protected:
  ~TrackingLinkObserver() = default;
};

/// A worker's connection to one node, over which the node tells of every key that changes, expires
/// or is evicted: CLIENT TRACKING ON BCAST in RESP3. It connects at once and again whenever it is
/// lost.
/// https://redis.io/docs/latest/develop/reference/client-side-caching/#broadcasting-mode
class TrackingLink final : private upstream::ConnectionObserver {
 public:
  TrackingLink(const cluster::Endpoint& endpoint, const upstream::ConnectionOptions& options,
               std::span<char> read_buffer, upstream::Connector& connector,
               TrackingLinkObserver& observer, stats::NodeStats& stats);

  /// To be called once, when the observer knows the link.
  void start() { ask(); }
  void tick(std::uint64_t now_ns);
  /// Ends the connection for good.
  void leave(std::string_view reason);

  [[nodiscard]] const upstream::Connection& connection() const noexcept { return connection_; }
  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept {
    return connection_.endpoint();
  }
  [[nodiscard]] bool is_leaving() const noexcept { return leaving_; }
  /// True if no change of the node's keys can go unnoticed.
  [[nodiscard]] bool is_watching() const noexcept { return asked_ == Asked::granted; }
  /// True if there is no use in waiting for it.
  [[nodiscard]] bool has_failed() const noexcept {
    return asked_ == Asked::refused || connection_.state() > upstream::Connection::State::ready;
  }
  /// Why the node will not; empty if it has not said so.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

 private:
  enum class Asked : std::uint8_t { no, yes, granted, refused };

  void ask();

  bool on_reply(upstream::Connection& connection, const upstream::InFlight& entry,
                std::string_view request, const resp::ReplyFrame& reply) override;
  void on_unanswered(upstream::Connection& connection, const upstream::InFlight& entry,
                     std::string_view request, bool may_have_run) override;
  bool on_push(upstream::Connection& connection, std::string_view frame) override;
  void on_ready(upstream::Connection& connection) override;
  void on_down(upstream::Connection& connection, std::string_view reason) override;
  void wants_flush(upstream::Connection& connection) override;

  TrackingLinkObserver& observer_;
  upstream::Connection connection_;
  Asked asked_ = Asked::no;
  std::uint64_t ask_again_at_ns_ = 0;
  std::string refusal_;
  bool leaving_ = false;
};

}  // namespace slotway::server
