#include "upstream/connection.h"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "unit/upstream/connection_harness.h"

using namespace std::chrono_literals;
using slotway::net::End;
using slotway::test::ConnectionHarness;
using slotway::test::kUnlimited;
using slotway::test::ManualClock;
using slotway::test::run_kernel;
using slotway::upstream::Connection;
using State = Connection::State;
using Events = std::vector<std::string>;

TEST_CASE("a connection is made when the first request comes") {
  ConnectionHarness harness;
  harness.pass(1s);
  CHECK(harness.attempts() == 0);
  CHECK(harness.connection->accepts());
  harness.send("GET a", 1);
  CHECK(harness.attempts() == 0);
  harness.end_turn();
  REQUIRE(harness.attempts() == 1);
  CHECK(harness.connection->state() == State::connecting);
}

TEST_CASE("requests sent while it connects travel together once it is ready") {
  ConnectionHarness harness;
  harness.send("GET a", 1);
  harness.end_turn();
  harness.send("GET b", 2);
  harness.end_turn();
  harness.peer().connect();
  CHECK(harness.peer().received().empty());
  harness.end_turn();
  CHECK(harness.peer().received() == "GET aGET b");
  harness.peer().say("+1\r\n+2\r\n");
  CHECK(harness.events == Events{"ready", "reply 1 GET a +1", "reply 2 GET b +2"});
  CHECK(harness.stats.connections.value() == 1);
  CHECK(harness.stats.requests.value() == 2);
  CHECK(harness.stats.replies.value() == 2);
}

TEST_CASE("what one turn produces leaves in one write") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("a", 2);
  harness.send("b", 3);
  CHECK(harness.peer().received().empty());
  harness.end_turn();
  CHECK(harness.peer().received() == "ab");
}

TEST_CASE("a connection attempt that takes too long is given up") {
  ConnectionHarness harness;
  harness.send("GET a", 1);
  harness.end_turn();
  harness.pass(1'950ms);
  CHECK(harness.events.empty());
  harness.pass(150ms);
  CHECK(harness.events == Events{"down: connect timed out", "not run 1 GET a"});
  CHECK(harness.stats.connect_failures.value() == 1);
  CHECK_FALSE(harness.connection->accepts());
}

TEST_CASE("a handshake that takes too long is given up as well") {
  auto options = ConnectionHarness::default_options();
  options.credentials.password = "secret";
  ConnectionHarness harness(options);
  harness.send("GET a", 1);
  harness.end_turn();
  harness.pass(1s);
  harness.peer().connect();
  harness.pass(1'100ms);
  CHECK(harness.events == Events{"down: connect timed out", "not run 1 GET a"});
}

TEST_CASE("an attempt that fails inside of connect is tried again like any other") {
  // connect(2) itself can fail, for example with ENETUNREACH: the transport is returned after its
  // end.
  ConnectionHarness harness;
  harness.connector.fail_at_once(true);
  harness.send("GET a", 1);
  harness.end_turn();
  CHECK(harness.events == Events{"down: network is unreachable", "not run 1 GET a"});
  harness.finish_closing();
  harness.connector.fail_at_once(false);
  harness.pass(1s);
  CHECK(harness.attempts() == 2);
  CHECK(harness.connection->accepts());
}

TEST_CASE("pauses between attempts grow to a limit, and half of each is random") {
  auto options = ConnectionHarness::default_options();
  options.backoff_min = 400ms;
  options.backoff_max = 3'200ms;
  // Two ticks pass besides: one that sets the time, one in which it has come.
  const auto slack = 100ms;
  // All at a time, because what makes their chances differ is their place in memory.
  std::vector<std::unique_ptr<ConnectionHarness>> harnesses;
  std::set<std::uint64_t> first_pauses;
  for (int run = 0; run < 20; ++run) {
    harnesses.push_back(std::make_unique<ConnectionHarness>(options));
    ConnectionHarness& harness = *harnesses.back();
    harness.send("GET a", 1);
    harness.end_turn();
    auto expected = 400ms;
    for (int failure = 0; failure < 8; ++failure) {
      harness.peer().end(End::failed, "refused");
      harness.finish_closing();
      CHECK(harness.connection->state() == State::pausing);
      const std::uint64_t began = ManualClock::now_ns();
      const std::size_t attempts = harness.attempts();
      while (harness.attempts() == attempts) harness.pass(50ms);
      const std::uint64_t pause_ns = ManualClock::now_ns() - began;
      CHECK(std::chrono::nanoseconds(pause_ns) >= expected / 2);
      CHECK(std::chrono::nanoseconds(pause_ns) <= expected + slack);
      if (failure == 0) first_pauses.insert(pause_ns);
      expected = std::min<std::chrono::milliseconds>(2 * expected, 3'200ms);
    }
  }
  CHECK(first_pauses.size() > 1);
}

TEST_CASE("a connection that was ready once begins with short pauses again") {
  auto options = ConnectionHarness::default_options();
  options.backoff_min = 400ms;
  ConnectionHarness harness(options);
  harness.send("GET a", 1);
  harness.end_turn();
  for (int failure = 0; failure < 6; ++failure) {
    harness.peer().end(End::failed, "refused");
    harness.finish_closing();
    harness.pass(3s);
  }
  harness.peer().connect();
  harness.peer().end(End::failed, "reset");
  harness.finish_closing();
  const std::size_t attempts = harness.attempts();
  harness.pass(500ms);
  CHECK(harness.attempts() == attempts + 1);
}

TEST_CASE("nothing of a client's is written before AUTH has succeeded") {
  auto options = ConnectionHarness::default_options();
  options.credentials = {"user", "secret"};
  ConnectionHarness harness(options, 3);
  harness.send("GET a", 1);
  harness.end_turn();
  harness.peer().connect();
  run_kernel(harness.peer());
  harness.end_turn();
  CHECK(harness.peer().take_received() == "*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$6\r\nsecret\r\n");
  harness.send("GET b", 2);
  harness.end_turn();
  harness.peer().say("+O");
  harness.end_turn();
  CHECK(harness.peer().received().empty());
  harness.peer().say("K\r\n");
  run_kernel(harness.peer());
  harness.end_turn();
  CHECK(harness.peer().take_received() == "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
  CHECK(harness.connection->state() == State::handshaking);
  harness.peer().say("%1\r\n+server\r\n+redis\r\n");
  harness.end_turn();
  CHECK(harness.peer().received() == "GET aGET b");
  CHECK(harness.events == Events{"ready"});
}

TEST_CASE("a refused AUTH ends the attempt and tells why") {
  auto options = ConnectionHarness::default_options();
  options.credentials.password = "secret";
  ConnectionHarness harness(options);
  harness.send("GET a", 1);
  harness.end_turn();
  harness.peer().connect();
  run_kernel(harness.peer());
  harness.peer().say("-WRONGPASS invalid username-password pair\r\n");
  CHECK(harness.events == Events{"down: AUTH was refused: WRONGPASS invalid username-password pair",
                                 "not run 1 GET a"});
  CHECK(harness.connection->last_error() ==
        "AUTH was refused: WRONGPASS invalid username-password pair");
  CHECK(harness.peer().is_closing());
  CHECK(harness.stats.connect_failures.value() == 1);
  CHECK(harness.stats.lost.value() == 0);
}

TEST_CASE("bytes behind the answer to AUTH end the attempt") {
  auto options = ConnectionHarness::default_options();
  options.credentials.password = "secret";
  ConnectionHarness harness(options);
  harness.send("GET a", 1);
  harness.end_turn();
  harness.peer().connect();
  run_kernel(harness.peer());
  harness.peer().say("+OK\r\n+OK\r\n");
  REQUIRE(harness.events.size() == 2);
  CHECK(harness.events[1] == "not run 1 GET a");
  CHECK(harness.peer().received().find("GET") == std::string::npos);
}

TEST_CASE("a write that the kernel takes partly goes on where it stopped") {
  for (std::size_t first = 0; first <= 12; ++first) {
    ConnectionHarness harness;
    harness.get_ready();
    harness.peer().set_kernel_room(first);
    harness.send("GET aaa", 2);
    harness.send("GET b", 3);
    harness.end_turn();
    CHECK(harness.peer().received().size() == first);
    harness.send("GET c", 4);
    harness.end_turn();
    harness.peer().set_kernel_room(kUnlimited);
    harness.end_turn();
    CHECK(harness.peer().received() == "GET aaaGET bGET c");
    harness.peer().say("+a\r\n+b\r\n+c\r\n");
    CHECK(harness.events.size() == 3);
  }
}

TEST_CASE("a write of many chunks leaves in order through a narrow kernel") {
  ConnectionHarness harness;
  harness.get_ready();
  std::string all;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const std::string request(10'000 + i, static_cast<char>('a' + i % 26));
    harness.send(request, 2 + i);
    all += request;
  }
  harness.peer().set_kernel_room(0);
  harness.end_turn();
  while (harness.peer().received().size() < all.size()) {
    harness.peer().set_kernel_room(7'777);
    harness.end_turn();
  }
  CHECK(harness.peer().received() == all);
}

TEST_CASE("a lost connection says of each request whether the node may have got it") {
  const std::string requests = "GET aaaGET b";
  for (std::size_t taken = 0; taken <= requests.size(); ++taken) {
    ConnectionHarness harness;
    harness.get_ready();
    // The first turn's write is taken in part; its rest counts as sent, since only the kernel knows
    // how much of it has gone. The second turn's write has certainly not begun.
    harness.peer().set_kernel_room(taken);
    harness.send("GET aaa", 2);
    harness.send("GET b", 3);
    harness.end_turn();
    harness.send("GET c", 4);
    harness.end_turn();
    harness.peer().end(End::failed, "reset by peer");
    const bool waits = taken < requests.size();
    CHECK(harness.events == Events{"down: reset by peer", "perhaps run 2 GET aaa",
                                   "perhaps run 3 GET b",
                                   (waits ? "not run" : "perhaps run") + std::string(" 4 GET c")});
    CHECK(harness.stats.lost.value() == 1);
  }
}

TEST_CASE("a write that finds the connection broken has sent nothing") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.peer().break_at_next_write();
  harness.send("GET a", 2);
  harness.end_turn();
  CHECK(harness.events == Events{"down: broken pipe", "not run 2 GET a"});
}

TEST_CASE("a connection that cannot be read from is lost before it is ready") {
  ConnectionHarness harness;
  harness.send("GET a", 1);
  harness.end_turn();
  harness.peer().break_at_start_of_reading();
  harness.peer().connect();
  CHECK(harness.events == Events{"down: not connected", "not run 1 GET a"});
}

TEST_CASE("replies that were on their way when a connection ended reach nobody") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.send("GET b", 3);
  harness.end_turn();
  harness.peer().say("+1\r\n+");
  harness.peer().send("2\r\n+3\r\n");
  harness.peer().end(End::failed, "reset");
  harness.peer().deliver_all();
  harness.finish_closing();
  CHECK(harness.events == Events{"reply 2 GET a +1", "down: reset", "perhaps run 3 GET b"});
  // The half reply of the old connection is no part of the new one's first reply.
  harness.pass(1s);
  REQUIRE(harness.attempts() == 2);
  harness.send("GET c", 4);
  harness.peer().connect();
  harness.end_turn();
  harness.peer().say("+4\r\n");
  CHECK(harness.events.back() == "reply 4 GET c +4");
}

TEST_CASE("an orderly end by the node is an end") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.end_turn();
  harness.peer().end(End::by_peer, "closed by the other side");
  CHECK(harness.events == Events{"down: closed by the other side", "perhaps run 2 GET a"});
}

TEST_CASE("any doubt about the pairing of replies ends the connection at once, and is counted") {
  struct Case {
    std::string_view bytes;
    std::string_view reason;
  };
  for (const Case& fault :
       {Case{"+1\r\n+2\r\n+3\r\n", "down: the node sent a reply that no request asked for"},
        Case{"+1\r\n+2\r\nx", "down: the node sent bytes that are no Redis reply"},
        Case{"+1\r\n+2\r\n>1\r\n+x\r\n", "down: the node sent a push that nobody asked for"}}) {
    ConnectionHarness harness;
    harness.get_ready();
    harness.send("GET a", 2);
    harness.send("GET b", 3);
    harness.end_turn();
    harness.peer().say(fault.bytes);
    CHECK(harness.events.back() == fault.reason);
    CHECK(harness.peer().is_closing());
    CHECK(harness.stats.protocol_errors.value() == 1);
  }
}

TEST_CASE("a surplus reply while requests are under way fails those that are left") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.end_turn();
  harness.send("GET b", 3);  // not written yet
  harness.peer().say("+1\r\n+surplus\r\n");
  CHECK(harness.events == Events{"reply 2 GET a +1",
                                 "down: the node sent a reply that no request asked for",
                                 "not run 3 GET b"});
}

TEST_CASE("a reply of an impossible type ends the connection, its request stays unanswered") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.send("GET b", 3);
  harness.end_turn();
  harness.accepts_replies = false;
  harness.peer().say("+1\r\n+2\r\n");
  CHECK(harness.events == Events{"reply 2 GET a +1",
                                 "down: the node sent a reply that its request cannot have",
                                 "perhaps run 2 GET a", "perhaps run 3 GET b"});
}

TEST_CASE("a node that answers early cannot change what is being written to it") {
  // Surplus replies make requests look answered that are still being written: their memory must not
  // serve others before the write is through.
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.end_turn();
  harness.peer().set_kernel_room(100);
  const std::string large(10'000, 'l');
  harness.send(large, 3);
  harness.send(large, 4);
  harness.end_turn();
  REQUIRE(harness.peer().has_waiting_write());
  harness.peer().say("+1\r\n+surplus\r\n+surplus\r\n");
  for (std::uint64_t i = 0; i < 10; ++i) harness.send(std::string(9'000, 'n'), 5 + i);
  harness.end_turn();
  harness.peer().set_kernel_room(kUnlimited);
  harness.end_turn();
  const std::string expected = "GET a" + large + large;
  CHECK(harness.peer().received().substr(0, expected.size()) == expected);
}

TEST_CASE("an idle connection is probed, and an answer keeps it") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.pass(4'900ms);
  CHECK(harness.peer().received().empty());
  harness.pass(200ms);
  CHECK(harness.peer().take_received() == "*1\r\n$4\r\nPING\r\n");
  harness.peer().say("+PONG\r\n");
  CHECK(harness.events == Events{"reply probe *1\r\n$4\r\nPING\r\n +PONG"});
  harness.pass(4'900ms);
  CHECK(harness.peer().received().empty());
  harness.pass(200ms);
  CHECK(harness.peer().received() == "*1\r\n$4\r\nPING\r\n");
}

TEST_CASE("an unanswered probe ends the connection") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.pass(5'100ms);
  CHECK_FALSE(harness.peer().received().empty());
  harness.pass(9'800ms);
  CHECK(harness.connection->state() == State::ready);
  harness.pass(400ms);
  REQUIRE(harness.events.size() == 2);
  CHECK(harness.events[0] == "down: no reply while requests were waiting");
  CHECK(harness.stats.lost.value() == 1);
}

TEST_CASE("a connection with requests waiting is given up only when nothing at all comes") {
  ConnectionHarness harness;
  harness.get_ready();
  for (std::uint64_t i = 0; i < 6; ++i) harness.send("GET", 2 + i);
  harness.end_turn();
  // One reply every nine seconds: slow, but alive.
  for (int i = 0; i < 5; ++i) {
    harness.pass(9s);
    harness.peer().say("+1\r\n");
  }
  CHECK(harness.connection->state() == State::ready);
  harness.pass(10'200ms);
  CHECK(harness.connection->state() == State::closing);
  CHECK(harness.events.back() == "perhaps run 7 GET");
}

TEST_CASE("half a reply counts as progress") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET", 2);
  harness.end_turn();
  harness.peer().say("$100\r\n");
  for (int i = 0; i < 5; ++i) {
    harness.pass(9s);
    harness.peer().say("x");
  }
  CHECK(harness.connection->state() == State::ready);
}

TEST_CASE("requests sent after a silence do not inherit its length") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.pass(4'900ms);
  harness.send("GET", 2);
  harness.end_turn();
  harness.pass(9'800ms);
  CHECK(harness.connection->state() == State::ready);
}

TEST_CASE(
    "a connection refuses requests beyond its queue's limit, and takes them again after replies") {
  auto options = ConnectionHarness::default_options();
  options.queue_bytes = 1'000;
  ConnectionHarness harness(options);
  harness.get_ready();
  std::uint64_t sent = 0;
  while (harness.connection->accepts()) harness.send(std::string(100, 'x'), 2 + sent++);
  CHECK(sent == 10);
  harness.end_turn();
  CHECK_FALSE(harness.connection->accepts());
  harness.peer().say("+1\r\n");
  CHECK(harness.connection->accepts());
}

TEST_CASE("a request may be sent from inside a reply") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.end_turn();
  harness.during_reply = [&] { harness.send("GET b", 3); };
  harness.peer().say("+1\r\n");
  harness.during_reply = nullptr;
  harness.end_turn();
  CHECK(harness.peer().received() == "GET aGET b");
  harness.peer().say("+2\r\n");
  CHECK(harness.events.back() == "reply 3 GET b +2");
}

TEST_CASE("a connection may be shut down from inside a reply") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.send("GET b", 3);
  harness.end_turn();
  harness.during_reply = [&] { harness.connection->shut_down("enough"); };
  harness.peer().say("+1\r\n+2\r\n");
  CHECK(harness.connection->in_flight() == 0);
  CHECK(harness.peer().is_closing());
  CHECK(harness.events.back() == "perhaps run 3 GET b");
}

TEST_CASE("a shut down connection reports what waits and never comes back") {
  ConnectionHarness harness;
  harness.get_ready();
  harness.send("GET a", 2);
  harness.end_turn();
  harness.send("GET b", 3);
  harness.connection->shut_down("the node has left the cluster");
  CHECK(harness.events ==
        Events{"down: the node has left the cluster", "perhaps run 2 GET a", "not run 3 GET b"});
  CHECK_FALSE(harness.connection->accepts());
  CHECK_FALSE(harness.connection->gone());
  harness.end_turn();
  harness.finish_closing();
  CHECK(harness.connection->gone());
  harness.pass(10s);
  CHECK(harness.attempts() == 1);
  CHECK(harness.stats.lost.value() == 0);
}

TEST_CASE("a connection that was never needed is gone at once when it is shut down") {
  ConnectionHarness harness;
  harness.connection->shut_down("the node has left the cluster");
  CHECK(harness.connection->gone());
  CHECK(harness.stats.connect_failures.value() == 0);
  harness.pass(1s);
  CHECK(harness.attempts() == 0);
}

TEST_CASE("a connection can be shut down in every state") {
  for (int stage = 0; stage < 5; ++stage) {
    auto options = ConnectionHarness::default_options();
    options.credentials.password = "secret";
    ConnectionHarness harness(options);
    if (stage > 0) {
      harness.send("GET a", 1);
      harness.end_turn();
    }
    if (stage > 1) harness.peer().connect();
    if (stage > 2) {
      run_kernel(harness.peer());
      harness.peer().say("+OK\r\n");
      harness.end_turn();
    }
    if (stage > 3) harness.peer().end(End::failed, "reset");
    harness.connection->shut_down("over");
    harness.end_turn();
    harness.finish_closing();
    CHECK(harness.connection->gone());
    CHECK(harness.connection->in_flight() == 0);
  }
}
