#include "server/keyspace_events.h"

#include <doctest/doctest.h>

using slotway::server::is_keyspace_channel;
using slotway::server::matches_keyspace_channels;

TEST_CASE("channels of notifications are known by their beginning") {
  CHECK(is_keyspace_channel("__keyspace@0__:key"));
  CHECK(is_keyspace_channel("__keyspace@0__:"));
  CHECK(is_keyspace_channel("__keyevent@0__:del"));
  CHECK_FALSE(is_keyspace_channel("__keyspace@1__:key"));
  CHECK_FALSE(is_keyspace_channel("__keyspace"));
  CHECK_FALSE(is_keyspace_channel("news"));
  CHECK_FALSE(is_keyspace_channel(""));
}

TEST_CASE("patterns that can match a notification are found") {
  for (const char* pattern :
       {"*", "__key*", "__key*__:*", "__keyevent@*", "__keyspace@0__:*", "__keyspace@0__:user:?",
        "_?key[se]*", "??keyevent@0__:del", "[_]*", "\\_\\_key*", "[^a]*", "__keyspace@[0-9]__:a",
        "__keyspace@[9-0]__:a", "[a\\_]_key*", "__keyspace@0__:"}) {
    CAPTURE(pattern);
    CHECK(matches_keyspace_channels(pattern));
  }
}

TEST_CASE("patterns that cannot are left alone") {
  for (const char* pattern :
       {"", "news", "news.*", "_", "__key", "__keyspace@1__:*", "__keyspace@0__", "[^_]*", "[a-z]*",
        "\\*", "_key*", "__keyspaces*", "?", "[", "__keyspace@[1-9]__:a"}) {
    CAPTURE(pattern);
    CHECK_FALSE(matches_keyspace_channels(pattern));
  }
}
