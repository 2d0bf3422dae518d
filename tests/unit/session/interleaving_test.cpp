// Random lives of random clients against an oracle that knows what each must have got.

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/session_harness.h"

using slotway::test::kUnlimited;
using slotway::test::SessionHarness;

namespace {

class Life {
 public:
  explicit Life(unsigned seed)
      : random_(seed),
        harness_({.pipeline = 1 + below(12), .output_soft = 200 + below(2'000)}, 16 + below(200)) {}

  void live() {
    for (int i = 0; i < 3; ++i) clients_.push_back({&harness_.connect(), {}, {}, {}});
    const std::size_t steps = 20 + below(150);
    for (std::size_t step = 0; step < steps; ++step) act();
    finish();
    for (const Tracked& each : clients_) check(each);
  }

 private:
  struct Tracked {
    SessionHarness::Client* client;
    std::string expected;          // all its replies, in order
    std::set<std::string> later;   // sent and not answered so far
    std::set<std::string> stalls;  // sent and not allowed so far
    bool left = false;
  };

  std::size_t below(std::size_t limit) { return random_() % limit; }

  void act() {
    Tracked& each = clients_[below(clients_.size())];
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
        send(each);
        break;
      case 3:
        answer_one(each);
        break;
      case 4:
        allow_one(each);
        break;
      case 5:
        each.client->peer->deliver(1 + below(40));
        break;
      case 6:
        each.client->peer->deliver_all();
        break;
      case 7:
        each.client->peer->set_kernel_room(below(3) == 0 ? kUnlimited : below(60));
        break;
      case 8:
        harness_.end_turn();
        break;
      default:
        if (below(15) == 0) leave(each);
    }
  }

  void send(Tracked& each) {
    if (each.left) return;
    const std::string name = std::to_string(++names_);
    const std::string reply = reply_of(name);
    switch (below(6)) {
      case 0:
      case 1:
        each.client->peer->send("LATER " + name + "\r\n");
        each.later.insert(name);
        each.expected += reply;
        break;
      case 2:
        each.client->peer->send("*2\r\n$5\r\nSTALL\r\n$" + std::to_string(name.size()) + "\r\n" +
                                name + "\r\n");
        each.stalls.insert(name);
        each.expected += "+" + name + "\r\n";
        break;
      case 3:
        each.client->peer->send("SKIP\r\nNOW dropped\r\nDRAIN " + name + "\r\n");
        each.expected += "+" + name + "\r\n";
        break;
      default:
        each.client->peer->send("NOW " + name + "\r\n");
        each.expected += "+" + name + "\r\n";
    }
  }

  // Of a size that depends on the name alone: small, just beyond what is parked without memory,
  // large.
  static std::string reply_of(const std::string& name) {
    const std::size_t number = std::stoul(name);
    const std::size_t size = number % 7 == 0 ? 500 + number % 900 : number % 3 == 0 ? 130 : 5;
    return "$" + std::to_string(size) + "\r\n" +
           std::string(size, static_cast<char>('a' + number % 26)) + "\r\n";
  }

  void answer_one(Tracked& each) {
    // Only what the session has taken up can be answered.
    std::vector<std::string> taken;
    for (const std::string& name : each.later) {
      if (harness_.is_waiting(name)) taken.push_back(name);
    }
    if (taken.empty()) return;
    const std::string name = taken[below(taken.size())];
    each.later.erase(name);
    const bool found = below(2) == 0 ? harness_.answer(name, reply_of(name))
                                     : harness_.answer_with_buffer(name, reply_of(name));
    CHECK(found == !each.left);
  }

  void allow_one(Tracked& each) {
    if (each.stalls.empty()) return;
    harness_.allow(*each.stalls.begin());
    each.stalls.erase(each.stalls.begin());
  }

  void leave(Tracked& each) {
    if (each.left || each.client->session == nullptr) return;
    each.left = true;
    each.client->peer->end(slotway::net::End::failed, "left");
  }

  void finish() {
    for (int round = 0; round < 10'000; ++round) {
      bool done = true;
      for (Tracked& each : clients_) {
        if (each.client->peer->is_open()) each.client->peer->set_kernel_room(kUnlimited);
        while (!each.stalls.empty()) allow_one(each);
        answer_one(each);
        done = done && (each.left || each.client->peer->received().size() == each.expected.size());
      }
      harness_.turn();
      harness_.finish_closing();
      if (done) return;
    }
  }

  void check(const Tracked& each) {
    const std::string& received = each.client->peer->received();
    if (each.left) {
      REQUIRE(each.expected.starts_with(received));
      return;
    }
    REQUIRE(received == each.expected);
    REQUIRE(each.client->session->idle());
  }

  std::mt19937 random_;
  SessionHarness harness_;
  std::vector<Tracked> clients_;
  std::size_t names_ = 0;
};

}  // namespace

TEST_CASE("in ten thousand random lives every client gets each of its replies once and in order") {
  for (unsigned seed = 0; seed < 10'000; ++seed) {
    CAPTURE(seed);
    Life(seed).live();
  }
}
