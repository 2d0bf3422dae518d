#include "server/tracking_hub.h"

#include "cluster/slot.h"
#include "server/client_state.h"
#include "server/client_tracking.h"
#include "server/dispatcher.h"

namespace slotway::server {

TrackingHub::TrackingHub(const upstream::ConnectionOptions& connection, std::size_t max_keys,
                         session::SessionContext& sessions, upstream::Connector& connector,
                         DispatcherHost& host)
    : sessions_(sessions),
      host_(host),
      links_(connection, sessions.read_buffer, connector, host, sessions.stats, *this),
      max_keys_(max_keys) {}

// --- Clients -------------------------------------------------------------------------------------

bool TrackingHub::watch_nodes(session::ClientSession& session) {
  links_.need();
  if (clients_.empty()) links_.release();  // unless this client comes to need them
  if (links_.settled()) return true;
  std::erase(waiting_, &session);
  waiting_.push_back(&session);
  return false;
}

void TrackingHub::on_links_settled() {
  for (session::ClientSession* session : std::exchange(waiting_, {})) {
    session->resume(session::Pause::route);
  }
}

void TrackingHub::add(ClientTracking& client) {
  links_.need();
  const std::size_t workers = host_.worker_count();
  table_.limit_to((max_keys_ + workers - 1) / workers);
  clients_.emplace(client.id(), &client);
  if (client.options().broadcast) broadcasting_.push_back(&client);
  sessions_.stats.tracking_clients.add();
}

void TrackingHub::remove(ClientTracking& client) {
  clients_.erase(client.id());
  std::erase(broadcasting_, &client);
  sessions_.stats.tracking_clients.subtract();
  if (!clients_.empty()) return;
  table_.clear();
  sessions_.stats.tracking_keys.set(0);
  links_.release();
}

ClientTracking* TrackingHub::find(std::uint64_t id) noexcept {
  const auto known = clients_.find(id);
  return known == clients_.end() ? nullptr : known->second;
}

void TrackingHub::tick(std::uint64_t now_ns) {
  links_.tick(now_ns);
  sessions_.stats.tracking_keys.set(table_.size());
}

// --- Keys ----------------------------------------------------------------------------------------

void TrackingHub::remember(std::string_view key, ClientTracking& client) {
  if (!links_.watches(cluster::slot_of(key))) {
    unwatched_.emplace_back(key, client.id());
    has_turn_work_ = true;
    return;
  }
  table_.remember(key, client.id());
  // Not at once: a key to be forgotten may be one of the very request that is about to be sent.
  if (table_.is_overfull()) has_turn_work_ = true;
}

void TrackingHub::tell_at_end_of_turn() {
  has_turn_work_ = false;
  for (const auto& [key, reader] : std::exchange(unwatched_, {})) {
    if (ClientTracking* client = find(reader)) client->tell({.keys = {key}});
  }
  while (table_.is_overfull()) {
    const TrackingTable::Entry oldest = table_.take_oldest();
    tell_clients(oldest.clients, oldest.key);
  }
}

void TrackingHub::on_changed(const Invalidation& invalidation) {
  if (invalidation.all) return tell_all_to_forget_everything();
  for (const std::string_view key : invalidation.keys) {
    if (const auto clients = table_.take(key); !clients.empty()) tell_clients(clients, key);
  }
  Invalidation wanted;
  for (ClientTracking* client : broadcasting_) {
    wanted.keys.clear();
    for (const std::string_view key : invalidation.keys) {
      if (client->options().has_prefix_of(key)) wanted.keys.push_back(key);
    }
    if (!wanted.keys.empty()) client->tell(wanted);
  }
}

// Whoever broadcasts is told of the key anyway.
void TrackingHub::tell_clients(const std::vector<std::uint64_t>& clients, std::string_view key) {
  const Invalidation invalidation{.keys = {key}};
  for (const std::uint64_t id : clients) {
    ClientTracking* client = find(id);
    if (client != nullptr && !client->options().broadcast) client->tell(invalidation);
  }
}

void TrackingHub::tell_all_to_forget_everything() {
  table_.clear();
  for (const auto& [id, client] : clients_) client->tell({.all = true});
}

// --- Redirections --------------------------------------------------------------------------------

session::ClientSession* TrackingHub::find_target(std::uint64_t id) {
  if (const auto known = targets_.find(id); known != targets_.end()) {
    return known->second->is_open() ? known->second : nullptr;
  }
  for (const auto& session : host_.sessions()) {
    if (session->id() != id || !session->is_open()) continue;
    ClientState::of(*session).is_redirect_target = true;
    targets_.emplace(id, session.get());
    return session.get();
  }
  return nullptr;
}

void TrackingHub::send_redirected(std::uint64_t target, std::size_t worker, std::uint64_t source,
                                  std::shared_ptr<const OwnedInvalidation> invalidation) {
  const std::size_t own = host_.worker_index();
  if (worker == own) {
    if (!deliver_redirected(target, *invalidation)) on_redirect_broken(source);
    return;
  }
  host_.post(worker, [=](Dispatcher& there) {
    if (there.tracking().deliver_redirected(target, *invalidation)) return;
    there.peers().post(own,
                       [source](Dispatcher& here) { here.tracking().on_redirect_broken(source); });
  });
}

// As sendTrackingMessage (tracking.c): a RESP2 client gets it only while it subscribes to anything.
bool TrackingHub::deliver_redirected(std::uint64_t target, const OwnedInvalidation& invalidation) {
  session::ClientSession* session = find_target(target);
  if (session == nullptr) return false;
  Subscriber* subscriber = ClientState::of(*session).subscriber.get();
  Invalidation told{.all = invalidation.all};
  told.keys.assign(invalidation.keys.begin(), invalidation.keys.end());
  if (session->protocol == 3) {
    session->push(invalidation_push(told));
  } else if (subscriber != nullptr && subscriber->has_subscriptions()) {
    session->push(invalidation_message(told));
  }
  if (subscriber != nullptr) subscriber->limit_output();
  return true;
}

void TrackingHub::on_redirect_broken(std::uint64_t source) {
  if (ClientTracking* client = find(source)) client->redirect_is_broken();
}

}  // namespace slotway::server
