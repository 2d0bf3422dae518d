#include "server/tracking_table.h"

#include <algorithm>
#include <utility>

namespace slotway::server {

void TrackingTable::remember(std::string_view key, std::uint64_t client) {
  const auto known = index_.find(key);
  if (known == index_.end()) {
    entries_.push_back({std::string(key), {client}});
    index_.emplace(entries_.back().key, std::prev(entries_.end()));
    return;
  }
  entries_.splice(entries_.end(), entries_, known->second);
  std::vector<std::uint64_t>& clients = known->second->clients;
  const auto place = std::ranges::lower_bound(clients, client);
  if (place == clients.end() || *place != client) clients.insert(place, client);
}

std::vector<std::uint64_t> TrackingTable::take(std::string_view key) {
  const auto known = index_.find(key);
  if (known == index_.end()) return {};
  const Entries::iterator entry = known->second;
  index_.erase(known);
  std::vector<std::uint64_t> clients = std::move(entry->clients);
  entries_.erase(entry);
  return clients;
}

TrackingTable::Entry TrackingTable::take_oldest() {
  index_.erase(entries_.front().key);
  Entry oldest = std::move(entries_.front());
  entries_.pop_front();
  return oldest;
}

void TrackingTable::clear() noexcept {
  index_.clear();
  entries_.clear();
}

}  // namespace slotway::server
