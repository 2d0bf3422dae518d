#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/manual_clock.h"
#include "support/scripted_connector.h"
#include "upstream/connection.h"

namespace slotway::test {

/// One upstream::Connection over scripted transports, with a record of what it told its observer.
class ConnectionHarness final : public upstream::ConnectionObserver {
 public:
  explicit ConnectionHarness(upstream::ConnectionOptions connection_options = default_options(),
                             int protocol = 2)
      : options(std::move(connection_options)) {
    ManualClock::reset();
    connection =
        std::make_unique<upstream::Connection>(cluster::Endpoint{"10.0.0.1", 7001}, options,
                                               protocol, read_buffer, connector, *this, stats);
  }

  /// However a test ends: nothing is left in flight, and every gauge is zero.
  ~ConnectionHarness() {
    connection->shut_down("the test is over");
    finish_closing();
    expect(connection->gone(), "a connection that was shut down is gone after a turn");
    expect(connection->in_flight() == 0, "nothing is in flight after the end");
    expect(stats.connections.value() == 0, "no connections are counted after the end");
  }
  ConnectionHarness(const ConnectionHarness&) = delete;
  ConnectionHarness& operator=(const ConnectionHarness&) = delete;

  [[nodiscard]] static upstream::ConnectionOptions default_options() {
    using namespace std::chrono_literals;
    return {.credentials = {},
            .connect_timeout = 2s,
            .backoff_min = 100ms,
            .backoff_max = 2s,
            .idle_check = 5s,
            .stuck_after = 10s,
            .queue_bytes = 1'000'000};
  }

  void send(std::string_view request, std::uint64_t ticket) {
    expect(connection->accepts(), "send to a connection that does not accept");
    const upstream::InFlight entry{.ticket = upstream::Ticket{ticket},
                                   .size = static_cast<std::uint32_t>(request.size())};
    std::ranges::copy(request, connection->send(entry));
  }

  /// The end of a loop turn: what has gathered is written.
  void end_turn() {
    for (upstream::Connection* dirty : std::exchange(dirty_, {})) dirty->flush();
  }

  void tick() {
    connection->tick(ManualClock::now_ns());
    end_turn();
  }
  /// Time passes, in ticks of 50 ms.
  void pass(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time;
         passed += std::chrono::milliseconds(50)) {
      ManualClock::advance(std::chrono::milliseconds(50));
      tick();
    }
  }

  /// The first request makes it connect; then the node accepts.
  void get_ready() {
    send("first", 1);
    end_turn();
    peer().connect();
    end_turn();
    peer().say("+OK\r\n");
    expect(connection->state() == upstream::Connection::State::ready, "ready after the connect");
    events.clear();
    (void)peer().take_received();
  }

  void finish_closing() {
    for (const auto& attempt : connector.attempts()) attempt.peer->finish_close();
  }

  [[nodiscard]] ScriptedPeer& peer() { return connector.last(); }
  [[nodiscard]] std::size_t attempts() const { return connector.attempts().size(); }

  bool on_reply(upstream::Connection&, const upstream::InFlight& entry, std::string_view request,
                const resp::ReplyFrame& reply) override {
    events.push_back("reply " + name(entry) + " " + std::string(request) + " " +
                     std::string(reply.bytes.substr(0, reply.bytes.find('\r'))));
    if (during_reply) during_reply();
    return accepts_replies;
  }
  void on_unanswered(upstream::Connection& from, const upstream::InFlight& entry,
                     std::string_view request, bool may_have_run) override {
    expect(!from.accepts(), "a connection accepts nothing while it reports its end");
    events.push_back(std::string(may_have_run ? "perhaps run " : "not run ") + name(entry) + " " +
                     std::string(request));
  }
  bool on_push(upstream::Connection&, std::string_view frame) override {
    events.push_back("push " + std::string(frame.substr(0, frame.find('\r'))));
    return false;
  }
  void on_ready(upstream::Connection&) override { events.emplace_back("ready"); }
  void on_down(upstream::Connection&, std::string_view reason) override {
    events.push_back("down: " + std::string(reason));
  }
  void wants_flush(upstream::Connection& dirty) override {
    expect(std::ranges::find(dirty_, &dirty) == dirty_.end(), "one flush is asked for in a turn");
    dirty_.push_back(&dirty);
  }

  const upstream::ConnectionOptions options;
  std::vector<char> read_buffer = std::vector<char>(4096);
  ScriptedConnector connector;
  stats::NodeStats stats{"10.0.0.1:7001"};
  std::unique_ptr<upstream::Connection> connection;
  std::vector<std::string> events;
  std::function<void()> during_reply;
  bool accepts_replies = true;

 private:
  static std::string name(const upstream::InFlight& entry) {
    switch (entry.purpose) {
      case upstream::Purpose::asking:
        return "asking";
      case upstream::Purpose::probe:
        return "probe";
      default:
        return std::to_string(static_cast<std::uint64_t>(entry.ticket));
    }
  }

  std::vector<upstream::Connection*> dirty_;
};

}  // namespace slotway::test
