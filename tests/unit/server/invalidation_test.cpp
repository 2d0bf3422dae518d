#include "server/invalidation.h"

#include <doctest/doctest.h>

#include <string>

using namespace slotway::server;

TEST_CASE("a node's push is read as the keys it names") {
  const std::string bytes(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$4\r\n\0\r\n\xff\r\n", 42);
  const auto invalidation = parse_invalidation(bytes);
  REQUIRE(invalidation);
  CHECK_FALSE(invalidation->all);
  REQUIRE(invalidation->keys.size() == 2);
  CHECK(invalidation->keys[0] == "a");
  CHECK(invalidation->keys[1] == std::string_view("\0\r\n\xff", 4));
  CHECK(invalidation_push(*invalidation) == bytes);
}

TEST_CASE("null names everything") {
  const std::string push = ">2\r\n$10\r\ninvalidate\r\n_\r\n";
  const auto invalidation = parse_invalidation(push);
  REQUIRE(invalidation);
  CHECK(invalidation->all);
  CHECK(invalidation_push(*invalidation) == push);
  CHECK(invalidation_message(*invalidation) ==
        "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n");
}

TEST_CASE("other frames are no invalidations") {
  for (const char* frame :
       {">2\r\n$7\r\nmessage\r\n*0\r\n", "*2\r\n$10\r\ninvalidate\r\n_\r\n", "+OK\r\n",
        ">1\r\n$10\r\ninvalidate\r\n", ">2\r\n$10\r\ninvalidate\r\n:1\r\n",
        ">2\r\n$10\r\ninvalidate\r\n*1\r\n:1\r\n", ">2\r\n+invalidate\r\n*1\r\n$-1\r\n"}) {
    CHECK_FALSE(parse_invalidation(frame));
  }
}
