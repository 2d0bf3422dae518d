#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cluster/slot_map.h"
#include "server/tracking_link.h"
#include "stats/worker_stats.h"

namespace slotway::server {

class DispatcherHost;

/// What becomes of the keys of the cluster, for who keeps the clients that want to know.
class TrackingEvents {
 public:
  virtual void on_changed(const Invalidation& invalidation) = 0;
  /// The links may stand otherwise than before: who waits for them may look again.
  virtual void on_links_settled() = 0;

 protected:
  ~TrackingEvents() = default;
};

/// A worker's links to all primaries, as long as somebody needs them. Whenever changes may have
/// gone unnoticed (a link was lost, or has only now been made; slots have other owners), all keys
/// are taken to have changed.
class TrackingLinks final : private TrackingLinkObserver {
 public:
  TrackingLinks(const upstream::ConnectionOptions& options, std::span<char> read_buffer,
                upstream::Connector& connector, DispatcherHost& host, stats::WorkerStats& stats,
                TrackingEvents& events);

  /// Makes links to all primaries and keeps them.
  void need();
  /// Nobody needs them; they are kept for a while.
  void release() noexcept { unused_since_ns_ = now_ns_; }

  /// True if each of them is watching, or cannot be. REQUIRES: need() has been called.
  [[nodiscard]] bool settled() const noexcept;
  /// Not empty: why no client can track anything.
  [[nodiscard]] std::string refusal() const;
  /// True if changes of the slot's keys are noticed.
  [[nodiscard]] bool watches(cluster::Slot slot) const noexcept;

  void adopt(std::shared_ptr<const cluster::SlotMap> map);
  void tick(std::uint64_t now_ns);
  void shut_down();
  [[nodiscard]] bool gone() const noexcept { return links_.empty(); }

 private:
  void on_watching(TrackingLink& link) override;
  void on_refused(TrackingLink& link) override;
  void on_link_down(TrackingLink& link, bool was_watching, std::string_view reason) override;
  void on_changed(const Invalidation& invalidation) override { events_.on_changed(invalidation); }
  void on_link_up(TrackingLink& link) override;
  void wants_flush(upstream::Connection& connection) override;

  void follow_map();
  [[nodiscard]] TrackingLink& link_to(const cluster::Endpoint& endpoint);
  void forget_everything();

  const upstream::ConnectionOptions options_;
  std::span<char> read_buffer_;
  upstream::Connector& connector_;
  DispatcherHost& host_;
  stats::WorkerStats& stats_;
  TrackingEvents& events_;

  bool needed_ = false;
  std::shared_ptr<const cluster::SlotMap> map_;
  std::vector<std::unique_ptr<TrackingLink>> links_;
  std::vector<TrackingLink*> by_node_;  // of the map's primaries, by their index; null for others
  std::uint64_t unused_since_ns_ = 0;   // 0: somebody needs them
  std::uint64_t now_ns_ = 0;            // of the last tick
};

}  // namespace slotway::server
