#include "server/tracking_table.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using slotway::server::TrackingTable;
using Ids = std::vector<std::uint64_t>;

TEST_CASE("whoever has read a key is named once when it changes, and then forgotten") {
  TrackingTable table;
  for (const std::uint64_t id : {7U, 3U, 7U, 5U, 3U}) table.remember("key", id);
  table.remember("other", 1);
  CHECK(table.size() == 2);
  CHECK(table.take("key") == Ids{3, 5, 7});
  CHECK(table.take("key").empty());
  CHECK(table.take("unknown").empty());
  CHECK(table.take("other") == Ids{1});
  CHECK(table.size() == 0);
}

TEST_CASE("keys may be empty and hold any bytes") {
  TrackingTable table;
  const std::string bytes("\0\r\n\xff", 4);
  table.remember("", 1);
  table.remember(bytes, 2);
  CHECK(table.take(bytes) == Ids{2});
  CHECK(table.take("") == Ids{1});
}

TEST_CASE("a table without a limit is never overfull") {
  TrackingTable table;
  for (int i = 0; i < 1000; ++i) table.remember(std::to_string(i), 1);
  CHECK_FALSE(table.is_overfull());
}

TEST_CASE("beyond the limit the keys go that have not been read for longest") {
  TrackingTable table;
  table.limit_to(3);
  for (const char* key : {"a", "b", "c"}) table.remember(key, 1);
  CHECK_FALSE(table.is_overfull());
  table.remember("a", 2);
  table.remember("d", 1);
  REQUIRE(table.is_overfull());
  const auto oldest = table.take_oldest();
  CHECK(oldest.key == "b");
  CHECK(oldest.clients == Ids{1});
  CHECK_FALSE(table.is_overfull());
  CHECK(table.take("b").empty());
  CHECK(table.take("a") == Ids{1, 2});
  CHECK(table.take_oldest().key == "c");
  CHECK(table.take_oldest().key == "d");
  CHECK(table.size() == 0);
}

TEST_CASE("a table that was cleared knows nothing and can be used again") {
  TrackingTable table;
  table.remember("a", 1);
  table.clear();
  CHECK(table.take("a").empty());
  table.remember("a", 2);
  CHECK(table.take("a") == Ids{2});
}
