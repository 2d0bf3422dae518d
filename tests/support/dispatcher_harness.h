#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/slot_map_builder.h"
#include "server/dispatcher.h"
#include "session/client_session.h"
#include "support/manual_clock.h"
#include "support/resp_text.h"
#include "support/scripted_connector.h"

namespace slotway::test {

/// The dispatcher as it is, with real sessions and real upstream connections, in one thread without
/// sockets: clients and nodes are scripted peers, the clock is moved by hand, a turn ends when the
/// test says so. What the worker does around the dispatcher is done here.
class DispatcherHarness : public session::SessionObserver, public server::DispatcherHost {
 public:
  explicit DispatcherHarness(const server::DispatcherOptions& options = default_options(),
                             const session::SessionLimits& limits = {},
                             std::size_t read_buffer_bytes = 16 * 1024)
      : read_buffer_(read_buffer_bytes),
        context_{.handler = dispatcher_,
                 .observer = *this,
                 .stats = stats_,
                 .clock = clock_,
                 .limits = limits,
                 .read_buffer = read_buffer_},
        dispatcher_(options, context_, connector_, *this, built_in_commands()) {
    ManualClock::reset();
  }

  /// However a test ends: everything can be closed, and then nothing is pending or in flight, and
  /// every gauge is zero.
  ~DispatcherHarness() {
    for (const auto& session : sessions_) session->abort();
    end_turn();
    finish_closing();
    expect(sessions_.empty(), "an aborted session closes in the next turn");
    dispatcher_.shut_down();
    for (int turn = 0; turn < 4; ++turn) {
      finish_closing();
      pass(std::chrono::milliseconds(50));
    }
    expect(dispatcher_.upstream_gone(),
           "a dispatcher that was shut down lets go of all connections");
    expect(context_.requests.in_use() == 0, "no request is pending once all sessions are closed");
    expect(stats_.requests_in_flight.value() == 0, "no request is counted once none is pending");
    stats_.for_each_node([](const stats::NodeStats& node) {
      expect(node.connections.value() == 0, "no connection is counted once all are closed");
      expect(node.in_flight.value() == 0, "nothing is counted as in flight at the end");
    });
  }
  DispatcherHarness(const DispatcherHarness&) = delete;
  DispatcherHarness& operator=(const DispatcherHarness&) = delete;

  [[nodiscard]] static server::DispatcherOptions default_options() {
    using namespace std::chrono_literals;
    return {.connection = {.credentials = {},
                           .connect_timeout = 2s,
                           // Less than a tick, so that chance makes no difference to when it ends.
                           .backoff_min = 45ms,
                           .backoff_max = 45ms,
                           .idle_check = 5s,
                           .stuck_after = 10s,
                           .queue_bytes = 1'000'000},
            .request_timeout = 5s,
            .hold_timeout = 10s,
            .hold_queue_bytes = 1'000'000,
            .private_connections = 100,
            .cross_slot_reply_limit = 1'000'000,
            .script_cache_bytes = 1'000'000};
  }

  // Clients
  // ------------------------------------------------------------------------------------------

  struct Client {
    std::shared_ptr<ScriptedPeer> peer;
    session::ClientSession* session = nullptr;  // null once closed

    void send(std::string_view bytes) const { peer->say(bytes); }
    /// What the client has received since it was asked last.
    [[nodiscard]] std::string replies() const { return peer->take_received(); }
  };

  Client& connect_client() {
    clients_.push_back(std::make_unique<Client>());
    Client& client = *clients_.back();
    client.peer = std::make_shared<ScriptedPeer>();
    auto session = std::make_unique<session::ClientSession>(clients_.size(), context_);
    client.session = session.get();
    session->worker_index = static_cast<std::uint32_t>(sessions_.size());
    sessions_.push_back(std::move(session));
    client.session->start(std::make_unique<ScriptedTransport>(client.peer, *client.session));
    return client;
  }

  // Time
  // -------------------------------------------------------------------------------------------

  /// The end of a loop turn, as the worker has it.
  void end_turn() {
    go_on_and_write();
    if (!resumed_.empty()) go_on_and_write();
    clock_.end_turn();
  }

  /// A whole turn: what clients and nodes have sent is read, what the kernel has room for is
  /// written.
  void turn() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i]->peer->deliver_all();
      run_kernel(*clients_[i]->peer);
    }
    const std::size_t attempts = connector_.attempts().size();
    for (std::size_t i = 0; i < attempts; ++i) {
      ScriptedPeer& peer = *connector_.attempts()[i].peer;
      peer.deliver_all();
      run_kernel(peer);
    }
    end_turn();
    finish_closing();
  }

  /// Time passes, in ticks of 50 ms.
  void pass(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += kTick) {
      ManualClock::advance(kTick);
      dispatcher_.tick();
      end_turn();
    }
  }

  void finish_closing() {
    for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i]->peer->finish_close();
    for (std::size_t i = 0; i < connector_.attempts().size(); ++i) {
      connector_.attempts()[i].peer->finish_close();
    }
  }

  // The cluster
  // ------------------------------------------------------------------------------------

  /// Who owns which slots, first and last included.
  struct Range {
    std::int64_t first;
    std::int64_t last;
    cluster::Endpoint owner;
  };

  /// Publishes a slot map, each time with a version of its own; `idle` are nodes without slots.
  void adopt(const std::vector<Range>& ranges, const std::vector<cluster::Endpoint>& idle = {}) {
    cluster::SlotMapBuilder builder;
    for (const Range& range : ranges) {
      if (builder.find(range.owner) == cluster::kNoNode) {
        expect(builder.add_node({.endpoint = range.owner}).has_value(), "a node can be added");
      }
      expect(builder.assign(range.first, range.last, builder.find(range.owner)).has_value(),
             "slots can be assigned");
    }
    for (const cluster::Endpoint& node : idle) {
      if (builder.find(node) != cluster::kNoNode) continue;
      expect(builder.add_node({.endpoint = node}).has_value(), "an idle node can be added");
    }
    auto map = std::move(builder).build();
    expect(map.has_value(), "the map can be built");
    map->set_version(++map_version_);
    dispatcher_.adopt(std::make_shared<const cluster::SlotMap>(std::move(*map)));
  }

  /// The connection to a node that was made last; null if none was.
  [[nodiscard]] ScriptedPeer* connection_to(const cluster::Endpoint& node) {
    for (std::size_t i = connector_.attempts().size(); i-- > 0;) {
      if (connector_.attempts()[i].endpoint == node) return connector_.attempts()[i].peer.get();
    }
    return nullptr;
  }
  [[nodiscard]] std::size_t attempts_to(const cluster::Endpoint& node) const {
    return static_cast<std::size_t>(
        std::ranges::count(connector_.attempts(), node, &ScriptedConnector::Attempt::endpoint));
  }

  [[nodiscard]] ScriptedConnector& connector() noexcept { return connector_; }
  [[nodiscard]] server::Dispatcher& dispatcher() noexcept { return dispatcher_; }
  [[nodiscard]] session::SessionContext& context() noexcept { return context_; }
  [[nodiscard]] stats::WorkerStats& stats() noexcept { return stats_; }
  [[nodiscard]] std::vector<server::RefreshReason> take_refreshes() {
    return std::exchange(refreshes_, {});
  }
  [[nodiscard]] std::uint64_t redirects(stats::Redirect kind) const {
    return stats_.redirects[static_cast<std::size_t>(kind)].value();
  }

 private:
  static constexpr std::chrono::milliseconds kTick{50};

  static std::shared_ptr<const command::CommandTable> built_in_commands() {
    static const auto kTable = command::CommandTable::built_in();
    return kTable;
  }

  void go_on_and_write() {
    for (std::size_t i = 0; i < resumed_.size(); ++i) resumed_[i]->resume_now();
    resumed_.clear();
    dispatcher_.end_turn();
    for (std::size_t i = 0; i < dirty_connections_.size(); ++i) dirty_connections_[i]->flush();
    dirty_connections_.clear();
    for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i]->flush();
    dirty_.clear();
  }

  void wants_flush(session::ClientSession& session) override { dirty_.push_back(&session); }
  void wants_resume(session::ClientSession& session) override { resumed_.push_back(&session); }
  void on_session_closed(session::ClientSession& session) override {
    dispatcher_.forget(session);
    std::erase(dirty_, &session);
    std::erase(resumed_, &session);
    for (const auto& client : clients_) {
      if (client->session == &session) client->session = nullptr;
    }
    const std::uint32_t index = session.worker_index;
    std::swap(sessions_[index], sessions_.back());
    sessions_[index]->worker_index = index;
    sessions_.pop_back();
  }

  void request_refresh(server::RefreshReason reason) override { refreshes_.push_back(reason); }
  std::string topology_problem() override { return "no node has answered"; }
  const server::Instance& instance() const noexcept override { return instance_; }
  void wants_flush(upstream::Connection& connection) override {
    dirty_connections_.push_back(&connection);
  }
  void on_node_up(const upstream::Connection&) override {}
  void on_node_down(const upstream::Connection&, std::string_view) override {}

  std::size_t worker_count() const noexcept override { return 1; }
  std::size_t worker_index() const noexcept override { return 0; }
  const stats::WorkerStats& stats_of(std::size_t) const noexcept override { return stats_; }
  std::uint64_t clients_refused() const override { return 0; }
  bool post(std::size_t, Errand errand) override {
    errand(dispatcher_);
    return true;
  }
  std::span<const std::unique_ptr<session::ClientSession>> sessions() noexcept override {
    return sessions_;
  }

  stats::WorkerStats stats_;
  stats::TurnClock clock_{ManualClock::now_ns};
  std::vector<char> read_buffer_;
  ScriptedConnector connector_;
  server::Instance instance_;
  session::SessionContext context_;
  server::Dispatcher dispatcher_;
  std::vector<std::unique_ptr<session::ClientSession>> sessions_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<session::ClientSession*> dirty_;
  std::vector<session::ClientSession*> resumed_;
  std::vector<upstream::Connection*> dirty_connections_;
  std::vector<server::RefreshReason> refreshes_;
  std::uint64_t map_version_ = 0;
};

/// A node whose answers a test gives one by one.
class ScriptedNode {
 public:
  ScriptedNode(DispatcherHarness& harness, std::string host, std::uint16_t port)
      : harness_(harness), endpoint_{std::move(host), port} {}

  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] ScriptedPeer& connection() {
    ScriptedPeer* peer = harness_.connection_to(endpoint_);
    expect(peer != nullptr, "somebody has connected to the node");
    return *peer;
  }
  [[nodiscard]] bool was_asked() { return harness_.connection_to(endpoint_) != nullptr; }

  /// Accepts the connection made last.
  void accept() {
    connection().connect();
    harness_.end_turn();
  }

  /// The requests received since this was asked last, each as words.
  [[nodiscard]] std::vector<std::string> requests() {
    ScriptedPeer* peer = harness_.connection_to(endpoint_);
    if (peer == nullptr) return {};
    if (peer != seen_) {
      seen_ = peer;
      reader_.clear();
    }
    reader_.feed(peer->take_received());
    std::vector<std::string> requests;
    for (Arguments arguments; reader_.next(arguments);) {
      std::string words;
      for (const std::string& argument : arguments) {
        if (!words.empty()) words += ' ';
        words += argument;
      }
      requests.push_back(std::move(words));
    }
    return requests;
  }

  /// Sends bytes, which are read in this turn; the turn then ends.
  void say(std::string_view bytes) {
    connection().say(bytes);
    harness_.end_turn();
  }

  void die(std::string_view reason = "reset by peer") {
    connection().end(net::End::failed, reason);
    harness_.end_turn();
    harness_.finish_closing();
  }

 private:
  DispatcherHarness& harness_;
  const cluster::Endpoint endpoint_;
  const ScriptedPeer* seen_ = nullptr;
  RequestReader reader_;
};

}  // namespace slotway::test
