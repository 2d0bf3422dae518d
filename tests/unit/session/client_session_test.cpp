#include "session/client_session.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/feeding.h"
#include "support/session_harness.h"

using namespace std::chrono_literals;
using slotway::net::End;
using slotway::session::Pause;
using slotway::session::SessionLimits;
using slotway::test::for_each_way_to_arrive;
using slotway::test::kUnlimited;
using slotway::test::ManualClock;
using slotway::test::Pieces;
using slotway::test::run_kernel;
using slotway::test::SessionHarness;

TEST_CASE("requests are answered in the turn in which they come, in one write") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("NOW a\r\nNOW b\r\n*2\r\n$3\r\nNOW\r\n$1\r\nc\r\n");
  CHECK(client.peer->received().empty());
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n+b\r\n+c\r\n");
}

TEST_CASE("a pipeline is answered alike however it arrives") {
  const std::string pipeline = "NOW a\r\n*2\r\n$3\r\nNOW\r\n$2\r\n\r\n\r\n\r\n\nNOW \"c d\"\n";
  for_each_way_to_arrive(pipeline, [](const Pieces& pieces) {
    SessionHarness harness;
    auto& client = harness.connect();
    for (const std::string_view piece : pieces) {
      client.peer->say(piece);
      harness.end_turn();
    }
    CHECK(client.peer->received() == "+a\r\n+\r\n\r\n+c d\r\n");
    CHECK(client.session->idle());
  });
}

TEST_CASE("replies go out in the order of their requests, whatever the order they come in") {
  std::vector<std::string> names{"a", "b", "c", "d"};
  do {
    SessionHarness harness;
    auto& client = harness.connect();
    client.peer->say("LATER a\r\nLATER b\r\nNOW now\r\nLATER c\r\nLATER d\r\n");
    for (const std::string& name : names) {
      CHECK(harness.answer(name, "$1\r\n" + name + "\r\n"));
      harness.end_turn();
    }
    CHECK(client.peer->received() == "$1\r\na\r\n$1\r\nb\r\n+now\r\n$1\r\nc\r\n$1\r\nd\r\n");
    CHECK(client.session->pending() == 0);
    CHECK(client.session->waiting() == 0);
  } while (std::next_permutation(names.begin(), names.end()));
}

TEST_CASE("replies of every size are parked and passed on whole") {
  for (const bool with_buffer : {false, true}) {
    SessionHarness harness;
    auto& client = harness.connect();
    client.peer->say("LATER first\r\n");
    std::string expected = "+1\r\n";
    std::vector<std::size_t> sizes{0, 1, 100, 116, 117, 1'000, 40'000, 200'000};
    for (const std::size_t size : sizes) {
      client.peer->say("LATER n" + std::to_string(size) + "\r\n");
      const std::string frame =
          "$" + std::to_string(size) + "\r\n" + std::string(size, 'v') + "\r\n";
      if (with_buffer) {
        harness.answer_with_buffer("n" + std::to_string(size), frame);
      } else {
        harness.answer("n" + std::to_string(size), frame);
      }
      expected += frame;
    }
    harness.end_turn();
    CHECK(client.peer->received().empty());
    harness.answer("first", "+1\r\n");
    harness.end_turn();
    CHECK(client.peer->received() == expected);
  }
}

TEST_CASE("a client at the limit of its pipeline is not read until half of it is answered") {
  SessionHarness harness({.pipeline = 4});
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\nLATER c\r\nLATER d\r\nLATER e\r\nNOW f\r\n");
  CHECK(client.session->pending() == 4);
  CHECK(client.session->paused_for(Pause::pipeline));
  client.peer->say("NOW g\r\n");
  CHECK(client.peer->unread() > 0);
  harness.answer("a", "+a\r\n");
  harness.turn();
  CHECK(client.session->paused_for(Pause::pipeline));
  harness.answer("b", "+b\r\n");
  harness.turn();
  // c to f: f has been answered, but its reply waits for the others and counts.
  CHECK(client.session->pending() == 4);
  CHECK(client.session->paused_for(Pause::pipeline));
  for (const char* name : {"c", "d"}) harness.answer(name, "+" + std::string(name) + "\r\n");
  harness.turn();
  CHECK_FALSE(client.session->paused_for(Pause::pipeline));
  harness.turn();
  CHECK(client.peer->unread() == 0);
  harness.answer("e", "+e\r\n");
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n+b\r\n+c\r\n+d\r\n+e\r\n+f\r\n+g\r\n");
}

TEST_CASE("a pipeline of one request is possible") {
  SessionHarness harness({.pipeline = 1});
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\nNOW c\r\n");
  for (const char* name : {"a", "b"}) {
    CHECK(client.session->pending() == 1);
    harness.answer(name, "+" + std::string(name) + "\r\n");
    harness.turn();
  }
  CHECK(client.peer->received() == "+a\r\n+b\r\n+c\r\n");
}

TEST_CASE("a request that is stalled is offered again, and none behind it before it") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("NOW a\r\nSTALL b\r\nNOW c\r\n");
  harness.end_turn();
  CHECK(client.peer->take_received() == "+a\r\n");
  CHECK(client.session->paused_for(Pause::route));
  client.peer->say("NOW d\r\n");
  harness.turn();
  CHECK(client.peer->received().empty());
  harness.allow("b");
  harness.turn();
  harness.turn();
  CHECK(client.peer->received() == "+b\r\n+c\r\n+d\r\n");
  CHECK(harness.offers("b") == 2);
  CHECK(client.session->idle());
}

TEST_CASE("a stalled request may have arrived in pieces, and may be followed by half of one") {
  const std::string pipeline =
      "*2\r\n$5\r\nSTALL\r\n$1\r\nb\r\nNOW c\r\n*2\r\n$3\r\nNOW\r\n$1\r\nd\r\n";
  for_each_way_to_arrive(pipeline, [](const Pieces& pieces) {
    SessionHarness harness;
    auto& client = harness.connect();
    for (const std::string_view piece : pieces) {
      client.peer->say(piece);
      harness.turn();
    }
    CHECK(client.peer->received().empty());
    harness.allow("b");
    harness.turn();
    harness.turn();
    CHECK(client.peer->received() == "+b\r\n+c\r\n+d\r\n");
  });
}

TEST_CASE("a request that waits for all replies before it goes on when the last has come") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\nDRAIN c\r\nNOW d\r\n");
  harness.answer("b", "+b\r\n");
  harness.turn();
  CHECK(harness.all_answered() == 0);
  CHECK(client.peer->received().empty());
  harness.answer("a", "+a\r\n");
  harness.turn();
  CHECK(harness.all_answered() == 1);
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n+b\r\n+c\r\n+d\r\n");
}

TEST_CASE(
    "bytes that are no request are answered behind all pending replies, then the client is "
    "closed") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\n*1\r\nfoo\r\nNOW never\r\n");
  harness.end_turn();
  CHECK(client.peer->received().empty());
  CHECK(client.peer->is_open());
  harness.answer("a", "+a\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n-ERR Protocol error: expected '$', got 'f'\r\n");
  CHECK(client.peer->is_closing());
  CHECK(harness.stats().protocol_errors.value() == 1);
}

TEST_CASE("a web browser is closed without an answer") {
  for (const std::string_view text : {"POST / HTTP/1.1\r\n", "Host: 127.0.0.1\r\n", "post x\r\n",
                                      "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nNOW a\r\n"}) {
    SessionHarness harness;
    auto& client = harness.connect();
    client.peer->say(text);
    harness.end_turn();
    CHECK(client.peer->is_closing());
    CHECK(client.peer->received().find("+a") == std::string::npos);
  }
}

TEST_CASE("POST as an argument of an array is a command like any other") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("*1\r\n$4\r\nPOST\r\nNOW a\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "-ERR unknown command\r\n+a\r\n");
}

TEST_CASE("QUIT is answered, what follows it is not") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nQUIT\r\nNOW b\r\n");
  harness.end_turn();
  CHECK(client.peer->is_open());
  harness.answer("a", "+a\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n+OK\r\n");
  CHECK(client.peer->is_closing());
}

TEST_CASE("a client that sends no more still gets its replies") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\n");
  client.peer->send_end();
  harness.turn();
  CHECK(client.peer->is_open());
  harness.answer("b", "+b\r\n");
  harness.turn();
  CHECK(client.peer->is_open());
  harness.answer("a", "+a\r\n");
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n+b\r\n");
  CHECK(client.peer->is_closing());
}

TEST_CASE("a client that sends no more gets replies that the kernel had no room for") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->set_kernel_room(3);
  client.peer->say("NOW hello\r\n");
  client.peer->send_end();
  harness.turn();
  CHECK(client.peer->received() == "+he");
  CHECK(client.peer->is_open());
  client.peer->set_kernel_room(kUnlimited);
  harness.turn();
  CHECK(client.peer->received() == "+hello\r\n");
  CHECK(client.peer->is_closing());
}

TEST_CASE("requests behind a stalled one are taken up although their client sends no more") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("STALL a\r\nNOW b\r\n");
  client.peer->send_end();
  harness.turn();
  harness.allow("a");
  harness.turn();
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n+b\r\n");
  harness.turn();
  CHECK(client.peer->is_closing());
}

TEST_CASE("half a request is no request when its client sends no more") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("NOW a\r\n*2\r\n$3\r\nNO");
  client.peer->send_end();
  harness.turn();
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n");
  CHECK(client.peer->is_closing());
}

TEST_CASE("replies to a client that has left find nobody") {
  SessionHarness harness;
  auto& other = harness.connect();
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\n");
  client.peer->end(End::failed);
  CHECK(client.peer->is_closing());
  CHECK(harness.context().requests.in_use() == 0);
  // Their places are taken by requests of another client before the old replies come.
  other.peer->say("LATER x\r\nLATER y\r\n");
  CHECK_FALSE(harness.answer("a", "+a\r\n"));
  CHECK_FALSE(harness.answer("b", "+b\r\n"));
  harness.finish_closing();
  CHECK(harness.answer("x", "+x\r\n"));
  CHECK(harness.answer("y", "+y\r\n"));
  harness.end_turn();
  CHECK(other.peer->received() == "+x\r\n+y\r\n");
}

TEST_CASE("a client can leave at every stage") {
  for (int stage = 0; stage < 9; ++stage) {
    SessionHarness harness({.pipeline = 3, .output_soft = 10});
    auto& client = harness.connect();
    client.peer->set_kernel_room(stage == 6 ? 2 : kUnlimited);
    switch (stage) {
      case 0:
        break;
      case 1:
        client.peer->say("*2\r\n$3\r\nNO");
        break;
      case 2:
        client.peer->say("NOW a\r\n");
        break;
      case 3:
        client.peer->say("LATER a\r\nLATER b\r\nLATER c\r\nLATER d\r\n");
        break;
      case 4:
        client.peer->say("STALL a\r\nNOW b\r\n");
        break;
      case 5:
        client.peer->say("LATER a\r\nDRAIN b\r\n");
        break;
      case 6:
        client.peer->say("NOW hello\r\nNOW world\r\n");
        break;
      case 7:
        client.peer->say("LATER a\r\nQUIT\r\n");
        break;
      default:
        client.peer->say("LATER a\r\nLATER b\r\n");
        harness.answer("b", "$500\r\n" + std::string(500, 'x') + "\r\n");
    }
    if (stage != 2) harness.end_turn();
    client.peer->end(End::failed, "reset by peer");
    harness.end_turn();
    CHECK(client.peer->is_closing());
    CHECK(harness.context().requests.in_use() == 0);
    harness.finish_closing();
    CHECK(client.session == nullptr);
    if (stage == 4) harness.allow("a");
    harness.turn();
  }
}

TEST_CASE("a write that finds the client gone ends its session") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nNOW b\r\n");
  client.peer->break_at_next_write();
  harness.answer("a", "+a\r\n");
  harness.end_turn();
  CHECK(client.peer->is_closing());
  harness.finish_closing();
  CHECK(client.session == nullptr);
}

TEST_CASE("a transport that cannot be read from ends its session before it has begun") {
  SessionHarness harness;
  harness.connect();
  slotway::test::ScriptedPeer peer;
  auto& client = harness.connect();
  client.peer->end(End::failed, "not connected");
  harness.finish_closing();
  CHECK(client.session == nullptr);
}

TEST_CASE("muted replies are dropped in their turn, and only they") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nSKIP\r\nLATER b\r\nLATER c\r\nSKIP\r\nNOW d\r\nNOW e\r\n");
  harness.answer("c", "+c\r\n");
  harness.answer("b", "+b\r\n");
  harness.end_turn();
  CHECK(client.peer->received().empty());
  harness.answer("a", "+a\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n+c\r\n+e\r\n");
  CHECK(client.session->pending() == 0);

  client.peer->say("SKIP\r\nLATER f\r\nLATER g\r\n");
  harness.answer("f", "+f\r\n");
  harness.answer("g", "+g\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n+c\r\n+e\r\n+g\r\n");
}

TEST_CASE("a push comes behind the replies to what was pending when it was sent") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nPUSH p\r\nLATER b\r\n");
  harness.answer("b", "+b\r\n");
  harness.answer("a", "+a\r\n");
  harness.end_turn();
  CHECK(client.peer->received() == "+a\r\n>1\r\n+p\r\n+OK\r\n+b\r\n");
}

TEST_CASE("many pushes behind one reply that takes its time come in order and take up one place") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->say("LATER a\r\n");
  harness.turn();
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string push = ">1\r\n+" + std::to_string(i) + "\r\n";
    client.session->push_when_answered(push);
    expected += push;
  }
  CHECK(client.session->pending() == 2);
  CHECK(harness.answer("a", "+a\r\n"));
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n" + expected);
}

TEST_CASE("work that is to end behind the replies ends then, or when the client leaves") {
  struct Ending final : slotway::session::RequestWork {
    explicit Ending(int& count) : ended(count) {}
    ~Ending() override { ++ended; }
    int& ended;
  };
  SessionHarness harness;
  auto& client = harness.connect();
  int ended = 0;
  client.session->end_when_answered(std::make_unique<Ending>(ended));
  CHECK(ended == 1);
  client.peer->say("LATER a\r\n");
  harness.turn();
  client.session->end_when_answered(std::make_unique<Ending>(ended));
  client.session->push_when_answered(">1\r\n+b\r\n");
  client.session->end_when_answered(std::make_unique<Ending>(ended));
  CHECK(ended == 1);
  CHECK(harness.answer("a", "+a\r\n"));
  CHECK(ended == 3);
  harness.turn();
  CHECK(client.peer->received() == "+a\r\n>1\r\n+b\r\n");
  client.peer->say("LATER c\r\n");
  harness.turn();
  client.session->end_when_answered(std::make_unique<Ending>(ended));
  client.session->abort();
  CHECK(ended == 4);
}

TEST_CASE("requests that waited for a slow reader or a full pipeline have their whole time") {
  // They were read long ago, but it is not their node that took the time.
  SessionHarness harness({.pipeline = 2, .output_soft = 100});
  auto& client = harness.connect();
  client.peer->say("LATER a\r\nLATER b\r\nLATER c\r\n");
  ManualClock::advance(20s);
  harness.end_turn();
  harness.answer("a", "+a\r\n");
  harness.answer("b", "+b\r\n");
  harness.turn();
  REQUIRE(client.session->pending() == 1);
  client.session->for_each_pending([&](const slotway::session::PendingRequest& request) {
    CHECK(request.started_ns == ManualClock::now_ns());
    return true;
  });

  auto& slow = harness.connect();
  slow.peer->set_kernel_room(0);
  slow.peer->say("NOW " + std::string(200, 'x') + "\r\n");
  harness.end_turn();
  slow.peer->say("LATER d\r\n");
  REQUIRE(slow.session->paused_for(Pause::output));
  slow.peer->deliver_all();
  ManualClock::advance(20s);
  slow.peer->set_kernel_room(kUnlimited);
  harness.turn();
  harness.turn();
  slow.session->for_each_pending([&](const slotway::session::PendingRequest& request) {
    CHECK(request.started_ns == ManualClock::now_ns());
    return true;
  });
  harness.answer("c", "+c\r\n");
  harness.answer("d", "+d\r\n");
}
