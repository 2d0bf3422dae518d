#include "upstream/in_flight.h"

#include <doctest/doctest.h>

#include <deque>
#include <random>

using slotway::upstream::InFlight;
using slotway::upstream::InFlightQueue;
using slotway::upstream::Ticket;

namespace {

InFlight entry(std::uint64_t number) {
  return {.ticket = Ticket{number}, .size = static_cast<std::uint32_t>(number * 3)};
}

}  // namespace

TEST_CASE("requests leave the queue in the order they came") {
  InFlightQueue queue;
  CHECK(queue.empty());
  for (std::uint64_t number = 1; number <= 3; ++number) queue.push(entry(number));
  CHECK(queue.size() == 3);
  CHECK(queue[0].ticket == Ticket{1});
  CHECK(queue[2].ticket == Ticket{3});
  CHECK(queue.front().ticket == Ticket{1});
  queue.pop();
  CHECK(queue.front().ticket == Ticket{2});
  CHECK(queue[0].ticket == Ticket{2});
  queue.clear();
  CHECK(queue.empty());
}

TEST_CASE("the queue keeps its order while it grows, wraps around and shrinks") {
  std::mt19937 random(41);
  InFlightQueue queue;
  std::deque<InFlight> model;
  std::uint64_t next = 1;
  for (int step = 0; step < 200'000; ++step) {
    // Long phases of growth and of shrinking, so that the ring wraps at every size.
    const bool growing = (step / 5'000) % 2 == 0;
    if (random() % 10 < (growing ? 6U : 4U) || model.empty()) {
      queue.push(entry(next));
      model.push_back(entry(next));
      ++next;
    } else {
      REQUIRE(queue.front().ticket == model.front().ticket);
      REQUIRE(queue.front().size == model.front().size);
      queue.pop();
      model.pop_front();
    }
    REQUIRE(queue.size() == model.size());
    if (model.empty()) continue;
    const std::size_t place = random() % model.size();
    REQUIRE(queue[place].ticket == model[place].ticket);
  }
}
