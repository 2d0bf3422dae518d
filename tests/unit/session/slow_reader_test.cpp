#include <doctest/doctest.h>

#include <string>

#include "support/session_harness.h"

using slotway::session::Pause;
using slotway::test::kUnlimited;
using slotway::test::SessionHarness;

namespace {

std::string bulk(std::size_t size, char c = 'v') {
  return "$" + std::to_string(size) + "\r\n" + std::string(size, c) + "\r\n";
}

}  // namespace

TEST_CASE("output goes through a narrow kernel byte by byte and in order") {
  SessionHarness harness;
  auto& client = harness.connect();
  client.peer->set_kernel_room(0);
  std::string expected;
  for (std::size_t i = 0; i < 20; ++i) {
    const std::string name = std::to_string(i);
    client.peer->say("LATER " + name + "\r\nNOW n" + name + "\r\n");
    const std::string reply = bulk(i * i);
    harness.answer_with_buffer(name, reply);
    harness.end_turn();
    expected += reply + "+n" + name + "\r\n";
    client.peer->set_kernel_room(7);
  }
  while (client.peer->received().size() < expected.size()) {
    client.peer->set_kernel_room(1);
    harness.end_turn();
  }
  CHECK(client.peer->received() == expected);
}

TEST_CASE("a client that does not read is not read either, beyond the soft limit") {
  SessionHarness harness({.output_soft = 1'000, .output_hard = 1'000'000});
  auto& client = harness.connect();
  client.peer->set_kernel_room(0);
  client.peer->say("NOW " + std::string(900, 'a') + "\r\n");
  harness.end_turn();
  CHECK_FALSE(client.session->paused_for(Pause::output));
  client.peer->say("NOW " + std::string(900, 'b') + "\r\n");
  harness.end_turn();
  CHECK(client.session->paused_for(Pause::output));
  client.peer->say("NOW c\r\n");
  CHECK(client.peer->unread() > 0);
  client.peer->set_kernel_room(kUnlimited);
  harness.turn();
  harness.turn();
  CHECK_FALSE(client.session->paused_for(Pause::output));
  CHECK(client.peer->received().ends_with("+c\r\n"));
}

TEST_CASE("a slow reader is read again although its last output left without waiting") {
  // What was handed to the transport leaves more than half of the soft limit behind, and all of
  // that is then taken at once: nothing is drained later that could end the pause.
  SessionHarness harness({.output_soft = 100'000, .output_hard = 10'000'000});
  auto& client = harness.connect();
  client.peer->set_kernel_room(0);
  std::string expected;
  for (int i = 0; i < 40; ++i) {
    client.peer->say("LATER " + std::to_string(i) + "\r\n");
    const std::string reply = bulk(50'000, static_cast<char>('a' + i % 26));
    harness.answer_with_buffer(std::to_string(i), reply);
    expected += reply;
  }
  harness.end_turn();
  REQUIRE(client.session->paused_for(Pause::output));
  client.peer->send("NOW last\r\n");
  client.peer->set_kernel_room(kUnlimited);
  for (int turn = 0; turn < 5; ++turn) harness.turn();
  CHECK(client.peer->received() == expected + "+last\r\n");
}

TEST_CASE("a client with more unread output than the hard limit is closed") {
  SessionHarness harness({.output_soft = 1'000, .output_hard = 1'000'000});
  auto& client = harness.connect();
  client.peer->set_kernel_room(0);
  int i = 0;
  while (client.peer->is_open() && i < 1'000) {
    ++i;
    // Requests under way when the soft limit was reached.
    auto& pending = client.session->open_request();
    client.session->answer(pending, bulk(5'000));
    harness.end_turn();
  }
  CHECK(client.peer->is_closing());
  CHECK(i >= 200);
  CHECK(i <= 214);  // a chunk of 64 KB later at the most
  CHECK(harness.stats().clients_lost.value() == 1);
}

TEST_CASE("a single reply larger than the hard limit still gets through") {
  for (const bool with_buffer : {false, true}) {
    SessionHarness harness({.output_soft = 1'000, .output_hard = 10'000});
    auto& client = harness.connect();
    client.peer->set_kernel_room(100);
    client.peer->say("NOW before\r\nLATER a\r\nNOW after\r\n");
    const std::string large = bulk(500'000);
    if (with_buffer) {
      harness.answer_with_buffer("a", large);
    } else {
      harness.answer("a", large);
    }
    harness.end_turn();
    REQUIRE(client.peer->is_open());
    CHECK(client.session->paused_for(Pause::output));
    client.peer->set_kernel_room(kUnlimited);
    harness.turn();
    harness.turn();
    CHECK(client.peer->received() == "+before\r\n" + large + "+after\r\n");
  }
}

TEST_CASE("two such replies are too much") {
  SessionHarness harness({.output_soft = 1'000, .output_hard = 10'000});
  auto& client = harness.connect();
  client.peer->set_kernel_room(100);
  client.peer->say("LATER a\r\nLATER b\r\n");
  harness.answer_with_buffer("a", bulk(500'000));
  harness.answer_with_buffer("b", bulk(500'000));
  harness.end_turn();
  CHECK(client.peer->is_closing());
}

TEST_CASE("replies parked behind a late one count as output that the client has not read") {
  SessionHarness harness({.output_soft = 1'000, .output_hard = 10'000});
  auto& client = harness.connect();
  client.peer->say("LATER first\r\n");
  for (int i = 0; i < 30; ++i) client.peer->say("LATER " + std::to_string(i) + "\r\n");
  for (int i = 0; i < 3; ++i) harness.answer(std::to_string(i), bulk(500));
  harness.end_turn();
  CHECK(client.session->paused_for(Pause::output));
  harness.answer("first", "+1\r\n");
  harness.turn();
  CHECK_FALSE(client.session->paused_for(Pause::output));
  CHECK(client.peer->received() == "+1\r\n" + bulk(500) + bulk(500) + bulk(500));

  for (int i = 4; i < 30 && client.peer->is_open(); ++i) {
    harness.answer(std::to_string(i), bulk(500));
    harness.end_turn();
  }
  CHECK(client.peer->is_closing());
  CHECK(harness.stats().clients_lost.value() == 1);
}

TEST_CASE("the memory of many unread replies stays near the hard limit") {
  SessionHarness harness({.output_soft = 10'000, .output_hard = 200'000});
  auto& client = harness.connect();
  client.peer->set_kernel_room(0);
  for (int i = 0; i < 10'000 && client.peer->is_open(); ++i) {
    client.peer->say("NOW " + std::string(100, 'x') + "\r\n");
    harness.end_turn();
    CHECK(client.session->usage().total < 500'000);
  }
  CHECK(client.peer->unread() > 0);  // it is the client's turn now
}
