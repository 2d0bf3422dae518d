#include "server/key_collector.h"

#include <doctest/doctest.h>

#include <string>

using slotway::server::KeyCollector;

TEST_CASE("each key appears once, in the order of its first appearance") {
  KeyCollector keys(1000);
  for (const char* key : {"b", "a", "b", "", "a", ""}) keys.add(key);
  keys.add("\r\n:");
  CHECK(keys.size() == 4);
  CHECK(keys.take_reply() == "*4\r\n$1\r\nb\r\n$1\r\na\r\n$0\r\n\r\n$3\r\n\r\n:\r\n");
}

TEST_CASE("many keys stay apart while the table grows") {
  KeyCollector keys(1 << 20);
  for (int round = 0; round < 2; ++round) {
    for (int number = 0; number < 20'000; ++number) keys.add("key:" + std::to_string(number));
  }
  CHECK(keys.size() == 20'000);
  CHECK_FALSE(keys.overflown());
}

TEST_CASE("beyond its limit it takes no more") {
  KeyCollector keys(14);
  keys.add("a");
  keys.add("b");  // 7 bytes each
  CHECK_FALSE(keys.overflown());
  keys.add("a");
  CHECK_FALSE(keys.overflown());
  keys.add("c");
  CHECK(keys.overflown());
  keys.add("d");
  CHECK(keys.size() == 3);
}

TEST_CASE("no keys are an empty array") { CHECK(KeyCollector(1).take_reply() == "*0\r\n"); }
