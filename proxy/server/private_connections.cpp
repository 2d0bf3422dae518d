#include "server/private_connections.h"

#include <algorithm>
#include <cassert>

namespace slotway::server {

namespace {

using namespace std::chrono_literals;

// How long a connection waits for its next client. A worker that asks a queue again and again comes
// back at once; more than that would only occupy the node.
constexpr std::uint64_t kIdleNs = 10'000'000'000;

upstream::ConnectionOptions private_options(upstream::ConnectionOptions options) {
  // A command that blocks is answered when it is answered. That its node has gone is found out by
  // the kernel (keepalive), and by whoever waits, from the slot map.
  options.stuck_after = std::chrono::nanoseconds::max();
  return options;
}

}  // namespace

/// One connection and what it is there for at the moment.
struct PrivatePlace {
  enum class State : std::uint8_t {
    leased,
    idle,
    retiring,  ///< to be ended by the next tick
    ending,    ///< ended; kept until nothing of it is left in the loop
  };

  PrivatePlace(const cluster::Endpoint& endpoint, const upstream::ConnectionOptions& options,
               int protocol, std::span<char> read_buffer, upstream::Connector& connector,
               upstream::ConnectionObserver& observer, stats::NodeStats& stats)
      : connection(endpoint, options, protocol, read_buffer, connector, observer, stats) {}

  upstream::Connection connection;
  State state = State::leased;
  bool failed = false;
  bool was_ending = false;  // at the tick before this one: nobody has it on a list of things to do
  std::int64_t node_client_id = 0;
  std::uint64_t idle_since_ns = 0;
};

// --- A lease
// -------------------------------------------------------------------------------------------

PrivateLease& PrivateLease::operator=(PrivateLease&& other) noexcept {
  if (this == &other) return *this;
  end();
  owner_ = std::exchange(other.owner_, nullptr);
  place_ = std::exchange(other.place_, nullptr);
  return *this;
}

upstream::Connection& PrivateLease::connection() const noexcept { return place_->connection; }

bool PrivateLease::alive() const noexcept { return place_ != nullptr && !place_->failed; }

std::int64_t PrivateLease::node_client_id() const noexcept { return place_->node_client_id; }

void PrivateLease::set_node_client_id(std::int64_t id) noexcept { place_->node_client_id = id; }

void PrivateLease::give_back() noexcept {
  if (place_ != nullptr) owner_->give_back(*std::exchange(place_, nullptr));
}

void PrivateLease::retire() noexcept {
  if (place_ != nullptr) PrivateConnections::retire(*std::exchange(place_, nullptr));
}

void PrivateLease::end() noexcept {
  if (place_ != nullptr) owner_->end(*std::exchange(place_, nullptr));
}

// --- All of them
// ---------------------------------------------------------------------------------------

PrivateConnections::PrivateConnections(const upstream::ConnectionOptions& options,
                                       std::size_t limit, std::span<char> read_buffer,
                                       upstream::Connector& connector,
                                       upstream::ConnectionObserver& observer,
                                       stats::WorkerStats& stats)
    : options_(private_options(options)),
      limit_(limit),
      read_buffer_(read_buffer),
      connector_(connector),
      observer_(observer),
      stats_(stats) {}

PrivateConnections::~PrivateConnections() = default;

PrivateLease PrivateConnections::lease(const cluster::Endpoint& node, int protocol) {
  if (shut_down_) return {};
  if (PrivatePlace* place = take_idle(node, protocol)) return {this, place};
  if (places_.size() - ending_ >= limit_ && !make_room()) return {};
  auto place = std::make_unique<PrivatePlace>(node, options_, protocol, read_buffer_, connector_,
                                              observer_, stats_.node(cluster::to_string(node)));
  by_connection_.emplace(&place->connection, place.get());
  places_.push_back(std::move(place));
  count();
  return {this, places_.back().get()};
}

PrivatePlace* PrivateConnections::take_idle(const cluster::Endpoint& node, int protocol) {
  const auto known = idle_.find(node);
  if (known == idle_.end()) return nullptr;
  std::vector<PrivatePlace*>& waiting = known->second[protocol == 3 ? 1 : 0];
  if (waiting.empty()) return nullptr;
  PrivatePlace* place = waiting.back();
  waiting.pop_back();
  place->state = PrivatePlace::State::leased;
  return place;
}

void PrivateConnections::leave_idle(PrivatePlace& place) {
  const auto known = idle_.find(place.connection.endpoint());
  if (known == idle_.end()) return;
  for (auto& waiting : known->second) std::erase(waiting, &place);
  if (known->second[0].empty() && known->second[1].empty()) idle_.erase(known);
}

// At the limit a connection that waits for a client of some other node makes room.
bool PrivateConnections::make_room() {
  for (auto& [node, by_protocol] : idle_) {
    for (auto& waiting : by_protocol) {
      if (waiting.empty()) continue;
      end(*waiting.front());
      return true;
    }
  }
  return false;
}

void PrivateConnections::give_back(PrivatePlace& place) noexcept {
  if (shut_down_ || place.failed ||
      place.connection.state() != upstream::Connection::State::ready) {
    retire(place);
    return;
  }
  place.state = PrivatePlace::State::idle;
  place.idle_since_ns = now_ns_;
  idle_[place.connection.endpoint()][place.connection.protocol() == 3 ? 1 : 0].push_back(&place);
}

void PrivateConnections::retire(PrivatePlace& place) noexcept {
  if (place.state == PrivatePlace::State::leased) place.state = PrivatePlace::State::retiring;
}

void PrivateConnections::end(PrivatePlace& place) {
  if (place.state == PrivatePlace::State::ending) return;
  if (place.state == PrivatePlace::State::idle) leave_idle(place);
  place.state = PrivatePlace::State::ending;
  ++ending_;
  count();
  place.connection.shut_down("its client no longer needs it");
}

PrivateConnections::Ended PrivateConnections::on_down(upstream::Connection& connection) {
  const auto found = by_connection_.find(&connection);
  if (found == by_connection_.end()) return Ended::not_ours;
  PrivatePlace& place = *found->second;
  if (place.state == PrivatePlace::State::ending) return Ended::on_our_part;
  const bool expected = place.state != PrivatePlace::State::leased;
  place.failed = true;
  connection.shut_down("it has failed");  // it is down already; this keeps it from connecting again
  if (place.state == PrivatePlace::State::idle) end(place);
  return expected ? Ended::on_our_part : Ended::by_itself;
}

void PrivateConnections::tick(std::uint64_t now_ns) {
  now_ns_ = now_ns;
  // From the back: an ended one gives its place to the last, and a connection's failure may make
  // others.
  for (std::size_t i = places_.size(); i-- > 0;) {
    PrivatePlace& place = *places_[i];
    if (place.state == PrivatePlace::State::ending) {
      // A turn of the loop has to pass, in which those who still list the connection are done with
      // it.
      if (place.was_ending && place.connection.gone()) {
        by_connection_.erase(&place.connection);
        std::swap(places_[i], places_.back());
        places_.pop_back();
        --ending_;
      } else {
        place.was_ending = true;
      }
      continue;
    }
    place.connection.tick(now_ns);
    const bool expired =
        place.state == PrivatePlace::State::idle && now_ns - place.idle_since_ns >= kIdleNs;
    if (expired || place.state == PrivatePlace::State::retiring) end(place);
  }
  count();
}

void PrivateConnections::shut_down() {
  shut_down_ = true;
  for (const auto& place : places_) end(*place);
}

void PrivateConnections::count() noexcept {
  stats_.private_connections.set(places_.size() - ending_);
}

}  // namespace slotway::server
