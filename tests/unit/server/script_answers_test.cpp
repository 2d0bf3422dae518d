// Who has answered: a node that refuses a script's call, or the script itself.

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/two_nodes.h"

using namespace std::chrono_literals;
using slotway::test::DispatcherHarness;
using slotway::test::request;
using slotway::test::ScriptedNode;
using slotway::test::TwoNodes;
using Words = std::vector<std::string>;

namespace {

// A client whose EVAL on key a is at the node `high`, which has been asked nothing else.
struct Call {
  explicit Call(std::string_view words = "EVAL script 1 a") : client(begin(words)) {}

  DispatcherHarness::Client& begin(std::string_view words) {
    cluster.get_ready();
    auto& connected = cluster.harness.connect_client();
    connected.send(request(words));
    cluster.harness.end_turn();
    CHECK(cluster.high.requests().size() == 1);
    return connected;
  }

  TwoNodes cluster;
  DispatcherHarness::Client& client;
};

}  // namespace

TEST_CASE("a script that answers as a refusing node does is not run again") {
  struct Case {
    std::string_view answer;
    std::string_view reply;
  };
  for (const Case& tried : {
           Case{"-MOVED 15495 10.0.0.3:7003\r\n",
                "-ERR slotway: the script or its node answered MOVED 15495 10.0.0.3:7003\r\n"},
           Case{"-MOVED 15495 10.9.0.9:7003\r\n",
                "-ERR slotway: the script or its node answered MOVED 15495 10.9.0.9:7003\r\n"},
           Case{"-ASK 15495 10.0.0.3:7003\r\n",
                "-ERR slotway: the script or its node answered ASK 15495 10.0.0.3:7003\r\n"},
           Case{"-TRYAGAIN later\r\n", "-TRYAGAIN later\r\n"},
           Case{"-CLUSTERDOWN The cluster is down\r\n", "-CLUSTERDOWN The cluster is down\r\n"},
           Case{"-LOADING Redis is loading the dataset in memory\r\n",
                "-LOADING Redis is loading the dataset in memory\r\n"},
           Case{"-READONLY You can't write\r\n", "-READONLY You can't write\r\n"},
           Case{"-MASTERDOWN Link with MASTER is down\r\n",
                "-MASTERDOWN Link with MASTER is down\r\n"},
       }) {
    CAPTURE(tried.answer);
    for (const std::string_view words : {"EVAL script 1 a", "FCALL function 1 a"}) {
      Call call(words);
      call.cluster.high.say(tried.answer);
      CHECK(call.client.replies().empty());
      CHECK(call.cluster.high.requests() == Words{"EXISTS a"});
      call.cluster.high.say(":0\r\n");
      CHECK(call.client.replies() == tried.reply);
      call.cluster.harness.pass(1s);
      CHECK(call.cluster.high.requests().empty());
      CHECK_FALSE(call.cluster.other.was_asked());
    }
  }
}

TEST_CASE("a node that refuses the keys of a script as well has not run it") {
  Call call;
  call.cluster.high.say("-MOVED 15495 10.0.0.3:7003\r\n");
  call.cluster.high.say("-MOVED 15495 10.0.0.3:7003\r\n");
  call.cluster.other.accept();
  call.cluster.harness.pass(100ms);
  (void)call.cluster.high.requests();
  call.cluster.high.say("-MOVED 15495 10.0.0.3:7003\r\n-MOVED 15495 10.0.0.3:7003\r\n");
  CHECK(call.cluster.other.requests() == Words{"EVAL script 1 a"});
  call.cluster.other.say(":1\r\n");
  CHECK(call.client.replies() == ":1\r\n");
}

TEST_CASE("a script is called again once the node that said TRYAGAIN twice is ready") {
  Call call("EVAL script 2 a {a}2");
  call.cluster.high.say("-TRYAGAIN Multiple keys request during rehashing of slot\r\n");
  CHECK(call.cluster.high.requests() == Words{"EXISTS a {a}2"});
  call.cluster.high.say("-TRYAGAIN Multiple keys request during rehashing of slot\r\n");
  call.cluster.harness.pass(100ms);
  CHECK(call.cluster.high.requests() == Words{"EVAL script 2 a {a}2"});
  call.cluster.high.say("+done\r\n");
  CHECK(call.client.replies() == "+done\r\n");
}

TEST_CASE("on the node that a slot moves to, the question goes behind an ASKING too") {
  Call call("EVAL script 2 a {a}2");
  call.cluster.high.say("-ASK 15495 10.0.0.3:7003\r\n");
  call.cluster.high.say("-ASK 15495 10.0.0.3:7003\r\n");
  call.cluster.other.accept();
  call.cluster.harness.pass(100ms);
  (void)call.cluster.high.requests();
  call.cluster.high.say("-ASK 15495 10.0.0.3:7003\r\n-ASK 15495 10.0.0.3:7003\r\n");
  CHECK(call.cluster.other.requests() == Words{"ASKING", "EVAL script 2 a {a}2"});
  call.cluster.other.say("+OK\r\n-TRYAGAIN by the script\r\n");
  CHECK(call.cluster.other.requests() == Words{"ASKING", "EXISTS a {a}2"});
  call.cluster.other.say("+OK\r\n:1\r\n");
  CHECK(call.client.replies() == "-TRYAGAIN by the script\r\n");
}

TEST_CASE("what can only come from a script is passed on without a question") {
  for (const std::string_view words : {"EVAL script 0", "FCALL function 0"}) {
    TwoNodes cluster;
    cluster.get_ready();
    auto& client = cluster.harness.connect_client();
    client.send(request(words));
    cluster.harness.end_turn();
    auto& node = cluster.high.requests().empty() ? cluster.low : cluster.high;
    (void)node.requests();
    node.say("-MOVED 1 10.0.0.3:7003\r\n");
    CHECK(client.replies() ==
          "-ERR slotway: the script or its node answered MOVED 1 10.0.0.3:7003\r\n");
    CHECK(node.requests().empty());
  }
  for (const std::string_view answer :
       {"-READONLY You can't write script: d925b1, on @user_script:1.\r\n",
        "-ERR something else\r\n"}) {
    Call call;
    call.cluster.high.say(answer);
    CHECK(call.client.replies() == answer);
    CHECK(call.cluster.high.requests().empty());
  }
  Call malformed;
  malformed.cluster.high.say("-MOVED nowhere\r\n");
  CHECK(malformed.client.replies() ==
        "-ERR slotway: the script or its node answered MOVED nowhere\r\n");
}

TEST_CASE("a script without keys waits for a node that loads") {
  TwoNodes cluster;
  cluster.get_ready();
  auto& client = cluster.harness.connect_client();
  client.send(request("EVAL script 0"));
  cluster.harness.end_turn();
  auto& node = cluster.high.requests().empty() ? cluster.low : cluster.high;
  (void)node.requests();
  node.say("-LOADING Redis is loading\r\n");
  CHECK(node.requests() == Words{"PING"});
  node.say("-LOADING Redis is loading\r\n");
  cluster.harness.pass(200ms);
  CHECK(node.requests() == Words{"EVAL script 0"});
  node.say(":1\r\n");
  CHECK(client.replies() == ":1\r\n");
}

TEST_CASE("a script whose answer is in doubt when the connection breaks has an unknown outcome") {
  Call call;
  call.cluster.high.say("-TRYAGAIN later\r\n");
  CHECK(call.cluster.high.requests() == Words{"EXISTS a"});
  call.cluster.high.die();
  CHECK(call.client.replies() ==
        "-ERR slotway: connection to 10.0.0.2:7002 lost, outcome unknown\r\n");
  call.cluster.harness.pass(100ms);
  call.cluster.high.accept();
  call.cluster.harness.pass(1s);
  CHECK(call.cluster.high.requests().empty());
}

TEST_CASE("while the answer of a script is in doubt its client sends nothing new") {
  Call call;
  call.cluster.high.say("-TRYAGAIN later\r\n");
  call.client.send(request("GET a"));
  call.cluster.harness.end_turn();
  CHECK(call.cluster.high.requests() == Words{"EXISTS a"});
  call.cluster.high.say("-TRYAGAIN later\r\n");
  call.cluster.harness.pass(100ms);
  CHECK(call.cluster.high.requests() == Words{"EVAL script 1 a"});
  call.cluster.high.say("+done\r\n");
  CHECK(call.cluster.high.requests() == Words{"GET a"});
  call.cluster.high.say("$-1\r\n");
  CHECK(call.client.replies() == "+done\r\n$-1\r\n");
}

TEST_CASE("a client may leave while the answer of its script is in doubt") {
  Call call;
  call.cluster.high.say("-TRYAGAIN later\r\n");
  call.client.peer->end(slotway::net::End::failed);
  call.cluster.harness.turn();
  call.cluster.high.say("-TRYAGAIN later\r\n");
  call.cluster.harness.pass(1s);
  CHECK(call.cluster.high.requests() == Words{"EXISTS a"});
}

TEST_CASE("a script that only reads is simply called again") {
  Call call("EVAL_RO script 1 a");
  call.cluster.high.say("-TRYAGAIN later\r\n");
  call.cluster.harness.pass(100ms);
  CHECK(call.cluster.high.requests() == Words{"EVAL_RO script 1 a"});
  call.cluster.high.say("+done\r\n");
  CHECK(call.client.replies() == "+done\r\n");
}

TEST_CASE("a script that says NOSCRIPT by itself runs once") {
  Call call("EVAL script 1 a");
  call.cluster.high.say(":1\r\n");
  CHECK(call.client.replies() == ":1\r\n");
  const std::string sha = "1f3870be274f6c49b3e31a0c6728957f00000000";
  call.client.send(request("EVALSHA " + sha + " 1 a"));
  call.cluster.harness.end_turn();
  (void)call.cluster.high.requests();
  call.cluster.high.say("-NOSCRIPT No matching script. Please use EVAL.\r\n");
  CHECK(call.client.replies() == "-NOSCRIPT No matching script. Please use EVAL.\r\n");
}
