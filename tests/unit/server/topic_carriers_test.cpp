#include "server/topic_carriers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "support/dispatcher_harness.h"
#include "support/resp_text.h"

using namespace std::chrono_literals;
using slotway::test::request;
using Words = std::vector<std::string>;

namespace slotway::server {

namespace {

constexpr auto kChannel = TopicKind::channel;
constexpr auto kPattern = TopicKind::pattern;
constexpr auto kShard = TopicKind::shard_channel;

/// The carriers of a worker, with what they tell written down; two nodes, whose answers a test
/// gives.
class Rig : private TopicEvents {
 public:
  Rig() {
    pass(50ms);
    adopt(low, high);
  }
  ~Rig() {
    while (!topics.empty()) remove(topics.back());
    carriers.shut_down();
    for (int turn = 0; turn < 3; ++turn) {
      harness.finish_closing();
      pass(50ms);
    }
    CHECK(carriers.gone());
  }
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  /// Who owns the lower and the upper half of the slots.
  void adopt(test::ScriptedNode& lower, test::ScriptedNode& upper) {
    cluster::SlotMapBuilder builder;
    for (const auto* node : {&lower, &upper}) {
      if (builder.find(node->endpoint()) == cluster::kNoNode) {
        CHECK(builder.add_node({.endpoint = node->endpoint()}).has_value());
      }
    }
    CHECK(builder.assign(0, 8191, builder.find(lower.endpoint())).has_value());
    CHECK(builder.assign(8192, 16383, builder.find(upper.endpoint())).has_value());
    carriers.adopt(std::make_shared<const cluster::SlotMap>(*std::move(builder).build()));
    harness.end_turn();
  }

  Topic& add(TopicKind kind, const std::string& name, Reach reach) {
    topics.push_back({.kind = kind, .name = name, .reach = reach, .slot = cluster::slot_of(name)});
    carriers.add(topics.back());
    harness.end_turn();
    return topics.back();
  }
  void remove(Topic& topic) {
    carriers.remove(topic);
    std::erase_if(topics, [&](const Topic& known) { return &known == &topic; });
    harness.end_turn();
  }

  void pass(std::chrono::milliseconds time) {
    for (std::chrono::milliseconds passed{0}; passed < time; passed += 50ms) {
      test::ManualClock::advance(50ms);
      carriers.tick(test::ManualClock::now_ns());
      harness.end_turn();
    }
  }

  Words take_told() { return std::exchange(told, {}); }

  test::DispatcherHarness harness;
  test::ScriptedNode low{harness, "10.0.0.1", 7001};
  test::ScriptedNode high{harness, "10.0.0.2", 7002};
  stats::WorkerStats stats;
  std::list<Topic> topics;
  Words told;
  std::vector<char> read_buffer = std::vector<char>(4096);
  TopicCarriers carriers{test::DispatcherHarness::default_options().connection,
                         read_buffer,
                         harness.connector(),
                         harness,
                         stats,
                         *this};

 private:
  Topic* find(TopicKind kind, std::string_view name) override {
    const auto found = std::ranges::find_if(
        topics, [&](const Topic& topic) { return topic.kind == kind && topic.name == name; });
    return found == topics.end() ? nullptr : &*found;
  }
  void on_confirmed(Topic& topic) override { told.push_back("confirmed " + topic.name); }
  void on_refused(Topic& topic, std::string_view error) override {
    told.push_back("refused " + topic.name + ": " + std::string(error));
  }
  void on_message(Topic& topic, std::string_view) override {
    told.push_back("message of " + topic.name);
  }
  void settle() override {}
};

std::string confirmation(const char* word, const std::string& name) {
  return "*3\r\n" + test::bulk(word) + test::bulk(name) + ":1\r\n";
}
std::string message(const std::string& channel) { return request({"message", channel, "text"}); }
std::string pattern_message(const std::string& pattern, const std::string& channel) {
  return request({"pmessage", pattern, channel, "text"});
}

// {b} has slot 3300, {a} 15495.

}  // namespace

TEST_CASE("channels and patterns are subscribed to at one primary, over one connection") {
  Rig rig;
  rig.add(kChannel, "news", Reach::any_node);
  rig.add(kPattern, "n*", Reach::any_node);
  rig.low.accept();
  CHECK(rig.low.requests() == Words{"SUBSCRIBE news", "PSUBSCRIBE n*"});
  CHECK_FALSE(rig.high.was_asked());
  CHECK(rig.take_told().empty());
  rig.low.say(confirmation("subscribe", "news"));
  CHECK(rig.take_told() == Words{"confirmed news"});
  rig.low.say(confirmation("psubscribe", "n*") + message("news"));
  CHECK(rig.take_told() == Words{"confirmed n*", "message of news"});
  CHECK(rig.harness.attempts_to(rig.low.endpoint()) == 1);
}

TEST_CASE("a topic that is removed is unsubscribed from, and nothing is heard of it again") {
  Rig rig;
  Topic& topic = rig.add(kChannel, "news", Reach::any_node);
  rig.low.accept();
  rig.low.say(confirmation("subscribe", "news"));
  static_cast<void>(rig.take_told());
  static_cast<void>(rig.low.requests());
  rig.remove(topic);
  CHECK(rig.low.requests() == Words{"UNSUBSCRIBE news"});
  rig.low.say(message("news") + "*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n");
  CHECK(rig.take_told().empty());
}

TEST_CASE("a connection that carries nothing is kept for a while and then ended") {
  Rig rig;
  Topic& topic = rig.add(kChannel, "news", Reach::any_node);
  rig.low.accept();
  rig.low.say(confirmation("subscribe", "news"));
  rig.remove(topic);
  rig.low.say("*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n");
  auto& connection = rig.low.connection();
  rig.pass(4s);
  CHECK(connection.is_open());
  rig.pass(7s);
  CHECK_FALSE(connection.is_open());
}

TEST_CASE("keyspace notifications are listened to at every primary") {
  Rig rig;
  const std::string name = "__keyevent@0__:del";
  rig.add(kChannel, name, Reach::every_primary);
  rig.low.accept();
  rig.high.accept();
  CHECK(rig.low.requests() == Words{"SUBSCRIBE " + name});
  CHECK(rig.high.requests() == Words{"SUBSCRIBE " + name});
  rig.low.say(confirmation("subscribe", name));
  CHECK(rig.take_told().empty());
  rig.high.say(confirmation("subscribe", name));
  CHECK(rig.take_told() == Words{"confirmed " + name});
  rig.low.say(message(name));
  rig.high.say(message(name));
  CHECK(rig.take_told() == Words{"message of " + name, "message of " + name});
}

TEST_CASE("what every node tells of an ordinary channel is taken from one of them") {
  Rig rig;
  rig.add(kPattern, "*", Reach::every_primary);
  rig.low.accept();
  rig.high.accept();
  rig.low.say(confirmation("psubscribe", "*"));
  rig.high.say(confirmation("psubscribe", "*"));
  static_cast<void>(rig.take_told());
  rig.low.say(pattern_message("*", "news"));
  rig.high.say(pattern_message("*", "news"));
  CHECK(rig.take_told() == Words{"message of *"});
  rig.low.say(pattern_message("*", "__keyspace@0__:k"));
  rig.high.say(pattern_message("*", "__keyspace@0__:k"));
  CHECK(rig.take_told() == Words{"message of *", "message of *"});
}

TEST_CASE("a shard channel is subscribed to at the owner of its slot, and follows MOVED") {
  Rig rig;
  rig.add(kShard, "b", Reach::slot_owner);
  rig.low.accept();
  CHECK(rig.low.requests() == Words{"SSUBSCRIBE b"});
  static_cast<void>(rig.harness.take_refreshes());
  rig.low.say("-MOVED 3300 10.0.0.2:7002\r\n");
  rig.high.accept();
  CHECK(rig.high.requests() == Words{"SSUBSCRIBE b"});
  CHECK(rig.harness.take_refreshes() == std::vector{RefreshReason::moved});
  rig.high.say(confirmation("ssubscribe", "b"));
  CHECK(rig.take_told() == Words{"confirmed b"});
}

TEST_CASE("a node that the map does not know is not asked, whoever names it") {
  Rig rig;
  rig.add(kShard, "b", Reach::slot_owner);
  rig.low.accept();
  static_cast<void>(rig.low.requests());
  rig.low.say("-MOVED 3300 10.6.6.6:7003\r\n");
  rig.pass(200ms);
  CHECK(rig.harness.attempts_to({"10.6.6.6", 7003}) == 0);
  CHECK(rig.low.requests() == Words{"SSUBSCRIBE b"});
}

TEST_CASE("a shard channel moves with its slot") {
  Rig rig;
  rig.add(kShard, "b", Reach::slot_owner);
  rig.low.accept();
  rig.low.say(confirmation("ssubscribe", "b"));
  CHECK(rig.take_told() == Words{"confirmed b"});
  CHECK(rig.stats.pubsub_resubscribes.value() == 0);
  rig.adopt(rig.high, rig.low);
  rig.high.accept();
  CHECK(rig.high.requests() == Words{"SSUBSCRIBE b"});
  CHECK(rig.stats.pubsub_resubscribes.value() == 1);
  rig.high.say(confirmation("ssubscribe", "b"));
  CHECK(rig.take_told() == Words{"confirmed b"});
}

TEST_CASE("a node that ends a subscription by itself is asked who has the slot now") {
  Rig rig;
  rig.add(kShard, "b", Reach::slot_owner);
  rig.low.accept();
  rig.low.say(confirmation("ssubscribe", "b"));
  static_cast<void>(rig.low.requests());
  static_cast<void>(rig.harness.take_refreshes());
  rig.low.say("*3\r\n$12\r\nsunsubscribe\r\n$1\r\nb\r\n:0\r\n");
  CHECK(rig.low.requests() == Words{"SSUBSCRIBE b"});
  CHECK(rig.harness.take_refreshes() == std::vector{RefreshReason::moved});
  CHECK(rig.stats.pubsub_resubscribes.value() == 1);
}

TEST_CASE("when the node that is listened to dies, another primary takes its place") {
  Rig rig;
  rig.add(kChannel, "news", Reach::any_node);
  rig.low.accept();
  rig.low.say(confirmation("subscribe", "news"));
  static_cast<void>(rig.take_told());
  rig.low.die();
  rig.high.accept();
  CHECK(rig.high.requests() == Words{"SUBSCRIBE news"});
  CHECK(rig.stats.pubsub_resubscribes.value() == 1);
  rig.high.say(confirmation("subscribe", "news") + message("news"));
  CHECK(rig.take_told() == Words{"confirmed news", "message of news"});
}

TEST_CASE("an error that says something about the request is passed on, and tried again later") {
  Rig rig;
  rig.add(kChannel, "news", Reach::any_node);
  rig.low.accept();
  static_cast<void>(rig.low.requests());
  rig.low.say("-NOPERM this user has no permissions\r\n");
  CHECK(rig.take_told() == Words{"refused news: NOPERM this user has no permissions"});
  rig.pass(900ms);
  CHECK(rig.low.requests().empty());
  rig.pass(200ms);
  CHECK(rig.low.requests() == Words{"SUBSCRIBE news"});
}

TEST_CASE("an error that passes is not passed on") {
  Rig rig;
  rig.add(kShard, "b", Reach::slot_owner);
  rig.low.accept();
  static_cast<void>(rig.low.requests());
  rig.low.say("-CLUSTERDOWN The cluster is down\r\n");
  rig.pass(200ms);
  CHECK(rig.take_told().empty());
  CHECK(rig.low.requests() == Words{"SSUBSCRIBE b"});
}

TEST_CASE("why a topic is not confirmed is told for people") {
  Rig rig;
  Topic& topic = rig.add(kShard, "b", Reach::slot_owner);
  CHECK(rig.carriers.problem_of(topic) == "10.0.0.1:7001 has not confirmed it");
}

}  // namespace slotway::server
