#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/dispatcher_harness.h"

namespace slotway::test {

// Slots of the keys used here: {a} 15495, {b} 3300, {c} 7365.
// `other` is a member without slots, as a node that has just joined.
struct TwoNodes {
  explicit TwoNodes(const server::DispatcherOptions& options = DispatcherHarness::default_options())
      : harness(options) {
    harness.adopt({{0, 8191, low.endpoint()}, {8192, 16383, high.endpoint()}}, {other.endpoint()});
  }

  /// Both nodes are connected to and have answered once.
  void get_ready() {
    auto& client = harness.connect_client();
    client.send(request("GET a") + request("GET b"));
    harness.end_turn();
    low.accept();
    high.accept();
    CHECK(high.requests() == std::vector<std::string>{"GET a"});
    CHECK(low.requests() == std::vector<std::string>{"GET b"});
    low.say("$-1\r\n");
    high.say("$-1\r\n");
    CHECK(client.replies() == "$-1\r\n$-1\r\n");
    client.peer->end(net::End::failed);
    harness.turn();
  }

  DispatcherHarness harness;
  ScriptedNode low{harness, "10.0.0.1", 7001};
  ScriptedNode high{harness, "10.0.0.2", 7002};
  ScriptedNode other{harness, "10.0.0.3", 7003};
};

}  // namespace slotway::test
