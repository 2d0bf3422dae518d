#include "server/pubsub_frame.h"

#include <doctest/doctest.h>

#include <string>

using slotway::server::parse_pubsub_frame;
using slotway::server::PubSubFrame;
using slotway::server::TopicKind;
using Type = PubSubFrame::Type;

namespace {

std::string confirmation(int protocol, TopicKind kind, bool subscribe,
                         std::optional<std::string_view> name, std::size_t left) {
  std::string out;
  append_confirmation(out, protocol, kind, subscribe, name, left);
  return out;
}

}  // namespace

TEST_CASE("messages are read in both protocols") {
  for (const char type : {'*', '>'}) {
    const std::string plain = type + std::string("3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n");
    const auto message = parse_pubsub_frame(plain);
    REQUIRE(message);
    CHECK(message->type == Type::message);
    CHECK(message->kind == TopicKind::channel);
    CHECK(message->topic == "c");
    CHECK(message->channel == "c");

    const std::string by_pattern =
        type + std::string("4\r\n$8\r\npmessage\r\n$2\r\np*\r\n$2\r\npq\r\n$2\r\nhi\r\n");
    const auto matched = parse_pubsub_frame(by_pattern);
    REQUIRE(matched);
    CHECK(matched->type == Type::message);
    CHECK(matched->kind == TopicKind::pattern);
    CHECK(matched->topic == "p*");
    CHECK(matched->channel == "pq");
  }
  const auto shard = parse_pubsub_frame("*3\r\n$8\r\nsmessage\r\n$1\r\ns\r\n$2\r\nhi\r\n");
  REQUIRE(shard);
  CHECK(shard->kind == TopicKind::shard_channel);
}

TEST_CASE("confirmations are read as they are written") {
  for (const int protocol : {2, 3}) {
    for (const TopicKind kind :
         {TopicKind::channel, TopicKind::pattern, TopicKind::shard_channel}) {
      for (const bool subscribe : {true, false}) {
        const std::string bytes = confirmation(protocol, kind, subscribe, "name", 3);
        const auto frame = parse_pubsub_frame(bytes);
        REQUIRE(frame);
        CHECK(frame->type == (subscribe ? Type::subscribed : Type::unsubscribed));
        CHECK(frame->kind == kind);
        CHECK(frame->topic == "name");
      }
    }
  }
}

TEST_CASE("who unsubscribes from nothing is told so with a null") {
  CHECK(confirmation(2, TopicKind::channel, false, std::nullopt, 0) ==
        "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
  CHECK(confirmation(3, TopicKind::pattern, false, std::nullopt, 2) ==
        ">3\r\n$12\r\npunsubscribe\r\n_\r\n:2\r\n");
  CHECK(confirmation(3, TopicKind::shard_channel, true, "", 1) ==
        ">3\r\n$10\r\nssubscribe\r\n$0\r\n\r\n:1\r\n");
}

TEST_CASE("a pong is one, and nothing else is taken for pub/sub") {
  const auto pong = parse_pubsub_frame("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  REQUIRE(pong);
  CHECK(pong->type == Type::pong);
  for (const char* bytes : {"*-1\r\n", "*0\r\n", "*1\r\n$7\r\nmessage\r\n",
                            "*3\r\n$5\r\nother\r\n$1\r\nc\r\n$2\r\nhi\r\n", "+PONG\r\n", ":1\r\n",
                            "*3\r\n:1\r\n:2\r\n:3\r\n", "%1\r\n$7\r\nmessage\r\n$1\r\nc\r\n",
                            "*2\r\n$8\r\npmessage\r\n$2\r\np*\r\n"}) {
    CAPTURE(bytes);
    CHECK_FALSE(parse_pubsub_frame(bytes));
  }
}

TEST_CASE("requests are arrays of bulk strings, whatever the name holds") {
  CHECK(subscription_request(TopicKind::channel, true, "a\r\nb") ==
        "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\na\r\nb\r\n");
  CHECK(subscription_request(TopicKind::shard_channel, false, "") ==
        "*2\r\n$12\r\nSUNSUBSCRIBE\r\n$0\r\n\r\n");
}
