// Whole sessions with the real dispatcher and scripted nodes: clients that send anything, nodes
// that answer truly, falsely, or not at all, connections that break and maps that change. However
// it goes, each client gets well-formed replies, no more than it has sent requests, and in the end
// nothing is left over (which is what the harness itself insists on).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "resp/reply_scanner.h"
#include "support/dispatcher_harness.h"

namespace {

using slotway::cluster::Endpoint;
using slotway::resp::ScanStatus;
using slotway::test::DispatcherHarness;
using slotway::test::expect;
using slotway::test::FuzzInput;
using slotway::test::ScriptedPeer;

constexpr std::size_t kClients = 3;
constexpr std::size_t kMostSteps = 200;

const std::array<Endpoint, 3> kNodes{{{"10.0.0.1", 7001}, {"10.0.0.2", 7002}, {"10.0.0.3", 7003}}};

// Requests that are understood: what the fuzzer makes up alone seldom gets past the parser. {a} is
// in a slot of the second node, {b} and {c} in slots of the first.
constexpr std::array<std::string_view, 20> kRequests{
    "*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
    "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n",
    "*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n",
    "*4\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n",
    "*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n",
    "*3\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n",
    "*1\r\n$5\r\nMULTI\r\n",
    "*1\r\n$4\r\nEXEC\r\n",
    "*1\r\n$7\r\nDISCARD\r\n",
    "*2\r\n$5\r\nWATCH\r\n$1\r\na\r\n",
    "*3\r\n$5\r\nBLPOP\r\n$1\r\na\r\n$1\r\n0\r\n",
    "*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nx\r\n",
    "*4\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\na\r\n",
    "*4\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n1\r\n$"
    "1\r\na\r\n",
    "*2\r\n$4\r\nKEYS\r\n$1\r\n*\r\n",
    "*2\r\n$4\r\nSCAN\r\n$1\r\n0\r\n",
    "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
    "*3\r\n$6\r\nSUNION\r\n$1\r\na\r\n$1\r\nb\r\n",
    "*1\r\n$6\r\nDBSIZE\r\n",
    "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n",
};

constexpr std::array<std::string_view, 20> kReplies{
    "+OK\r\n",
    ":1\r\n",
    "$1\r\nx\r\n",
    "$-1\r\n",
    "*1\r\n$1\r\nx\r\n",
    "*0\r\n",
    "_\r\n",
    "-ERR wrong\r\n",
    "-MOVED 15495 10.0.0.3:7003\r\n",
    "-MOVED 3300 10.0.0.2:7002\r\n",
    "-MOVED 1 10.9.9.9:7000\r\n",
    "-ASK 15495 10.0.0.1:7001\r\n",
    "-TRYAGAIN later\r\n",
    "-CLUSTERDOWN down\r\n",
    "-LOADING loading\r\n",
    "-NOSCRIPT No matching script.\r\n",
    "+QUEUED\r\n",
    "*2\r\n$1\r\n0\r\n*1\r\n$1\r\na\r\n",
    ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n",
    "-EXECABORT Transaction discarded because of previous errors.\r\n",
};

class Run {
 public:
  explicit Run(FuzzInput input) : input_(input) {
    adopt(0);
    for (std::size_t i = 0; i < kClients; ++i) clients_.push_back(&harness_.connect_client());
  }

  void go() {
    for (std::size_t step = 0; step < kMostSteps && !input_.empty(); ++step) {
      one_step();
      read_replies();
    }
    harness_.pass(std::chrono::seconds(1));
    read_replies();
  }

 private:
  void one_step() {
    switch (input_.below(12)) {
      case 0:
      case 1:
      case 2:
        client().send(kRequests[input_.below(kRequests.size())]);
        break;
      case 3:
        client().send(input_.take(input_.below(64)));
        break;
      case 4:
        client().peer->end(input_.below(2) == 0 ? slotway::net::End::failed
                                                : slotway::net::End::by_peer);
        break;
      case 5:
      case 6:
        node([&](ScriptedPeer& peer) { peer.say(kReplies[input_.below(kReplies.size())]); });
        break;
      case 7:
        node([&](ScriptedPeer& peer) { peer.say(input_.take(input_.below(32))); });
        break;
      case 8:
        node([](ScriptedPeer& peer) { peer.connect(); }, false);
        break;
      case 9:
        node([](ScriptedPeer& peer) { peer.end(slotway::net::End::failed); });
        break;
      case 10:
        harness_.pass(std::chrono::milliseconds(50 * (1 + input_.below(40))));
        break;
      default:
        adopt(input_.below(4));
        break;
    }
    harness_.turn();
  }

  DispatcherHarness::Client& client() { return *clients_[input_.below(clients_.size())]; }

  // One of the connections that are open, connected already or not.
  template <typename Do>
  void node(const Do& act, bool connected = true) {
    std::vector<ScriptedPeer*> open;
    for (const auto& attempt : harness_.connector().attempts()) {
      ScriptedPeer* peer = attempt.peer.get();
      if (peer->is_open() && std::ranges::contains(connected_, peer) == connected) {
        open.push_back(peer);
      }
    }
    if (open.empty()) return;
    ScriptedPeer& chosen = *open[input_.below(std::min<std::size_t>(open.size(), 256))];
    if (!connected) connected_.push_back(&chosen);
    act(chosen);
  }

  void adopt(std::size_t which) {
    switch (which) {
      case 0:
        return harness_.adopt({{0, 8191, kNodes[0]}, {8192, 16383, kNodes[1]}}, {kNodes[2]});
      case 1:
        return harness_.adopt({{0, 8191, kNodes[1]}, {8192, 16383, kNodes[0]}});
      case 2:
        return harness_.adopt({{0, 16383, kNodes[2]}});
      default:
        return harness_.adopt({{0, 100, kNodes[0]}});
    }
  }

  void read_replies() {
    for (const auto* client : clients_) {
      const std::string& bytes = client->peer->received();
      for (std::string_view rest = bytes; !rest.empty();) {
        const auto frame = slotway::resp::scan_frame(rest);
        expect(frame.status != ScanStatus::error, "clients get well-formed replies");
        expect(!rest.starts_with("-MOVED") && !rest.starts_with("-ASK "), "and no redirects");
        if (frame.status == ScanStatus::incomplete) break;
        rest.remove_prefix(frame.consumed);
      }
    }
  }

  FuzzInput input_;
  DispatcherHarness harness_;
  std::vector<DispatcherHarness::Client*> clients_;
  std::vector<ScriptedPeer*> connected_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Run(FuzzInput(data, size)).go();
  return 0;
}
