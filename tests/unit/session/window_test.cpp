// How many requests of a client are taken before replies have come.

#include <doctest/doctest.h>

#include <string>

#include "support/session_harness.h"

using slotway::session::Pause;
using slotway::test::SessionHarness;

namespace {

std::string name_of(int number) { return "n" + std::to_string(number); }

// Sends `count` requests, and answers what is pending with replies of a size until all have been
// answered. Returns the most that were pending at a time.
std::size_t most_pending(SessionHarness& harness, SessionHarness::Client& client, int count,
                         std::size_t reply_bytes) {
  static int names = 0;
  const int first = names;
  names += count;
  std::string requests;
  for (int i = 0; i < count; ++i) requests += "LATER " + name_of(first + i) + "\r\n";
  client.peer->say(requests);
  const std::string reply = "+" + std::string(reply_bytes, 'x') + "\r\n";
  std::size_t most = 0;
  for (int i = 0; i < count; ++i) {
    most = std::max<std::size_t>(most, client.session->pending());
    CHECK(harness.answer(name_of(first + i), reply));
    harness.turn();
    harness.turn();
  }
  CHECK(client.session->pending() == 0);
  return most;
}

}  // namespace

TEST_CASE("the first requests of a client are few, and more follow while replies are small") {
  SessionHarness harness({.pipeline = 1'000}, 64 * 1024);
  auto& client = harness.connect();
  CHECK(most_pending(harness, client, 64, 10) == 64);
  CHECK(most_pending(harness, client, 3'000, 10) == 1'000);
  CHECK_FALSE(client.session->paused_for(Pause::pipeline));
}

TEST_CASE("a client whose replies are large has few requests under way") {
  SessionHarness harness({.output_soft = 100'000, .output_hard = 10'000'000}, 64 * 1024);
  auto& client = harness.connect();
  CHECK(most_pending(harness, client, 500, 1'000) <= 100);
  // The largest do not even fill the output with the fewest requests that are taken always.
  CHECK(most_pending(harness, client, 200, 50'000) <= 100);
  CHECK(most_pending(harness, client, 200, 50'000) == 16);
  // And it recovers.
  CHECK(most_pending(harness, client, 3'000, 10) > 1'000);
}
