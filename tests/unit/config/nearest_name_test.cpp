#include "config/nearest_name.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace slotway::config {

TEST_CASE("a misspelt name is near to what was meant, an unrelated one to nothing") {
  const std::vector<std::string> names{"maxclients", "maxmemory", "log", "proto_max_bulk_len"};
  CHECK(nearest_name("maxclient", names) == "maxclients");
  CHECK(nearest_name("maxcilents", names) == "maxclients");
  CHECK(nearest_name("max-clients", names) == "maxclients");
  CHECK(nearest_name("MaxMemory", names) == "maxmemory");
  CHECK(nearest_name("proto-max-bulk-len", names) == "proto_max_bulk_len");
  CHECK(nearest_name("logs", names) == "log");
  CHECK_FALSE(nearest_name("tls", names).has_value());
  CHECK_FALSE(nearest_name("replicas", names).has_value());
  CHECK_FALSE(nearest_name("", names).has_value());
  CHECK_FALSE(nearest_name(std::string(100'000, 'x'), names).has_value());
  CHECK_FALSE(nearest_name("anything", {}).has_value());
}

TEST_CASE("two swapped letters are one mistake") {
  const std::vector<std::string> names{"abc"};
  CHECK(nearest_name("acb", names) == "abc");
  CHECK_FALSE(nearest_name("cab", names).has_value());
}

}  // namespace slotway::config
