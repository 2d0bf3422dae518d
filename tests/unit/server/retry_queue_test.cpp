#include "server/retry_queue.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/session_harness.h"

using slotway::server::HeldRequest;
using slotway::server::RetryQueue;
using slotway::session::PendingRequest;
using slotway::test::SessionHarness;

namespace {

// A session with requests of one letter each.
struct Fixture {
  PendingRequest& open() { return client.session->open_request(); }

  static void hold(RetryQueue& queue, PendingRequest& pending, std::string bytes,
                   std::uint64_t not_before_ns = 0) {
    HeldRequest held{};
    held.request = pending.handle();
    held.not_before_ns = not_before_ns;
    held.bytes = std::move(bytes);
    queue.hold(pending, std::move(held));
  }

  std::vector<std::string> run(RetryQueue& queue, std::uint64_t now_ns, bool accepts = true) {
    std::vector<std::string> sent;
    (void)queue.run(harness.context().requests, now_ns,
                    [&](PendingRequest&, const HeldRequest& held) {
                      if (accepts) sent.push_back(held.bytes);
                      return accepts;
                    });
    return sent;
  }

  SessionHarness harness;
  SessionHarness::Client& client = harness.connect();
};

using Sent = std::vector<std::string>;

}  // namespace

TEST_CASE("held requests leave when they are due, and are counted until then") {
  Fixture fixture;
  RetryQueue queue(1'000);
  PendingRequest& a = fixture.open();
  Fixture::hold(queue, a, "a", 100);
  CHECK(queue.bytes() == 1);
  CHECK(fixture.client.session->held_requests == 1);
  CHECK(a.held_parts == 1);
  CHECK(fixture.run(queue, 99).empty());
  CHECK(fixture.run(queue, 100, false).empty());
  CHECK(fixture.run(queue, 100) == Sent{"a"});
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
  CHECK(fixture.client.session->held_requests == 0);
  CHECK(a.held_parts == 0);
}

TEST_CASE("one that is not due holds up those behind it of its own session, and no other's") {
  Fixture fixture;
  RetryQueue queue(1'000);
  Fixture::hold(queue, fixture.open(), "a", 100);
  Fixture::hold(queue, fixture.open(), "b", 50);
  auto& other = fixture.harness.connect();
  Fixture::hold(queue, other.session->open_request(), "x", 50);
  CHECK(fixture.run(queue, 60) == Sent{"x"});
  CHECK(fixture.run(queue, 100) == Sent{"a", "b"});
}

TEST_CASE("a request that comes back while later ones wait goes in front of them") {
  Fixture fixture;
  RetryQueue queue(1'000);
  PendingRequest& a = fixture.open();
  PendingRequest& b = fixture.open();
  PendingRequest& c = fixture.open();
  Fixture::hold(queue, b, "b");
  Fixture::hold(queue, c, "c");
  Fixture::hold(queue, a, "a");
  CHECK(fixture.run(queue, 1) == Sent{"a", "b", "c"});
}

TEST_CASE("a request that comes back while the queue is being run keeps its place") {
  Fixture fixture;
  RetryQueue queue(1'000);
  PendingRequest& a = fixture.open();
  PendingRequest& b = fixture.open();
  Fixture::hold(queue, a, "a");
  Fixture::hold(queue, b, "b", 100);
  int times = 0;
  (void)queue.run(fixture.harness.context().requests, 1,
                  [&](PendingRequest& pending, const HeldRequest& held) {
                    if (++times == 1) Fixture::hold(queue, pending, held.bytes);
                    return true;
                  });
  CHECK(times == 1);
  CHECK(fixture.run(queue, 200) == Sent{"a", "b"});
}

TEST_CASE("requests that are over are dropped, and their bytes with them") {
  Fixture fixture;
  RetryQueue queue(1'000);
  PendingRequest& a = fixture.open();
  PendingRequest& b = fixture.open();
  Fixture::hold(queue, a, "aaaa");
  Fixture::hold(queue, b, "bb");
  fixture.client.session->answer(a, "+OK\r\n");
  CHECK(fixture.client.session->held_requests == 1);
  CHECK(fixture.run(queue, 1) == Sent{"bb"});
  CHECK(queue.bytes() == 0);

  Fixture::hold(queue, b, "bb");
  fixture.client.session->abort();
  CHECK(fixture.run(queue, 1).empty());
  CHECK(queue.empty());
  CHECK(queue.bytes() == 0);
}

TEST_CASE("the queue has room up to its limit") {
  Fixture fixture;
  RetryQueue queue(10);
  CHECK(queue.has_room(10));
  CHECK_FALSE(queue.has_room(11));
  Fixture::hold(queue, fixture.open(), "12345678");
  CHECK(queue.has_room(2));
  CHECK_FALSE(queue.has_room(3));
}

TEST_CASE("the last error of a held request is remembered") {
  Fixture fixture;
  RetryQueue queue(1'000);
  PendingRequest& a = fixture.open();
  CHECK(queue.last_error(a.handle()).empty());
  HeldRequest held{};
  held.request = a.handle();
  held.last_error = "LOADING no";
  queue.hold(a, std::move(held));
  CHECK(queue.last_error(a.handle()) == "LOADING no");
}
