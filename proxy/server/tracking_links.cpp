#include "server/tracking_links.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/dispatcher.h"
#include "server/logging.h"

namespace slotway::server {

namespace {

// How long the links are kept when nobody needs them: clients that come and go shall not have them
// made anew.
constexpr std::uint64_t kUnusedLifeNs = 10'000'000'000;

// True if each slot that had an owner still has the same one.
bool same_owners(const cluster::SlotMap& left, const cluster::SlotMap& right) {
  for (const cluster::SlotRange& range : left.ranges()) {
    const cluster::Endpoint& endpoint = left.node(range.owner).endpoint;
    for (unsigned number = range.first.value(); number <= range.last.value(); ++number) {
      const auto owner = right.owner(*cluster::Slot::from_number(static_cast<int>(number)));
      if (owner == cluster::kNoNode || right.node(owner).endpoint != endpoint) return false;
    }
  }
  return true;
}

}  // namespace

TrackingLinks::TrackingLinks(const upstream::ConnectionOptions& options,
                             std::span<char> read_buffer, upstream::Connector& connector,
                             DispatcherHost& host, stats::WorkerStats& stats,
                             TrackingEvents& events)
    : options_(options),
      read_buffer_(read_buffer),
      connector_(connector),
      host_(host),
      stats_(stats),
      events_(events) {}

// --- Which links there are -----------------------------------------------------------------------

void TrackingLinks::need() {
  unused_since_ns_ = 0;
  if (std::exchange(needed_, true)) return;
  if (map_ != nullptr) follow_map();
}

void TrackingLinks::adopt(std::shared_ptr<const cluster::SlotMap> map) {
  const auto old = std::exchange(map_, std::move(map));
  if (!needed_) return;
  follow_map();
  if (old == nullptr || !same_owners(*old, *map_)) forget_everything();
  events_.on_links_settled();
}

void TrackingLinks::follow_map() {
  by_node_.assign(map_->nodes().size(), nullptr);
  for (const cluster::NodeIndex primary : map_->primaries()) {
    by_node_[static_cast<std::size_t>(primary)] = &link_to(map_->node(primary).endpoint);
  }
  for (const auto& link : links_) {
    const bool wanted = std::ranges::find(by_node_, link.get()) != by_node_.end();
    if (!wanted && !link->is_leaving()) link->leave("the node is no primary any more");
  }
}

TrackingLink& TrackingLinks::link_to(const cluster::Endpoint& endpoint) {
  for (const auto& link : links_) {
    if (!link->is_leaving() && link->endpoint() == endpoint) return *link;
  }
  TrackingLinkObserver& observer = *this;  // out of reach inside make_unique
  links_.push_back(std::make_unique<TrackingLink>(endpoint, options_, read_buffer_, connector_,
                                                  observer,
                                                  stats_.node(cluster::to_string(endpoint))));
  links_.back()->start();
  return *links_.back();
}

void TrackingLinks::tick(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  // Those that left in an earlier turn: nobody has them on a list of things to do any more.
  std::erase_if(links_,
                [](const auto& link) { return link->is_leaving() && link->connection().gone(); });
  for (std::size_t i = 0; i < links_.size(); ++i) {
    if (!links_[i]->is_leaving()) links_[i]->tick(now_ns);
  }
  if (unused_since_ns_ == 0 || now_ns - unused_since_ns_ < kUnusedLifeNs) return;
  unused_since_ns_ = 0;
  shut_down();
}

void TrackingLinks::shut_down() {
  needed_ = false;
  by_node_.clear();
  for (const auto& link : links_) {
    if (!link->is_leaving()) link->leave("no client wants to track keys");
  }
}

// --- How they stand ------------------------------------------------------------------------------

bool TrackingLinks::settled() const noexcept {
  return std::ranges::all_of(links_, [](const auto& link) {
    return link->is_leaving() || link->is_watching() || link->has_failed();
  });
}

std::string TrackingLinks::refusal() const {
  for (const auto& link : links_) {
    if (link->is_leaving() || link->refusal().empty()) continue;
    return fmt::format("ERR slotway: {} refused CLIENT TRACKING: {}",
                       cluster::to_string(link->endpoint()), link->refusal());
  }
  return {};
}

bool TrackingLinks::watches(cluster::Slot slot) const noexcept {
  if (map_ == nullptr || map_->owner(slot) == cluster::kNoNode) return false;
  const auto owner = static_cast<std::size_t>(map_->owner(slot));
  return owner < by_node_.size() && by_node_[owner]->is_watching();
}

// --- What they say -------------------------------------------------------------------------------

void TrackingLinks::on_watching(TrackingLink&) {
  forget_everything();
  events_.on_links_settled();
}

void TrackingLinks::on_refused(TrackingLink& link) {
  log_warning("a node refused CLIENT TRACKING",
              {{"node", cluster::to_string(link.endpoint())}, {"error", link.refusal()}});
  events_.on_links_settled();
}

void TrackingLinks::on_link_down(TrackingLink& link, bool was_watching, std::string_view reason) {
  host_.on_node_down(link.connection(), reason);
  host_.request_refresh(RefreshReason::connection_failed);
  if (was_watching) forget_everything();
  events_.on_links_settled();
}

void TrackingLinks::on_link_up(TrackingLink& link) { host_.on_node_up(link.connection()); }

void TrackingLinks::forget_everything() { events_.on_changed({.all = true}); }

void TrackingLinks::wants_flush(upstream::Connection& connection) { host_.wants_flush(connection); }

}  // namespace slotway::server
