#include "command/request_conditions.h"

#include <doctest/doctest.h>

#include "unit/command/request.h"

namespace slotway::command {

TEST_CASE("a stream is waited for only if BLOCK stands before STREAMS") {
  const auto blocks = [](std::string_view line) {
    return asks_to_block(test::request_of(line).view());
  };
  CHECK(blocks("XREAD BLOCK 0 STREAMS s $"));
  CHECK(blocks("XREAD count 5 block 0 streams s $"));
  CHECK(blocks("XREADGROUP GROUP g c COUNT 1 BLOCK 10 NOACK STREAMS s >"));
  CHECK_FALSE(blocks("XREAD STREAMS s 0"));
  CHECK_FALSE(blocks("XREAD STREAMS block 0"));
  CHECK_FALSE(blocks("XREADGROUP GROUP block block STREAMS s >"));
  CHECK(blocks("XREADGROUP GROUP streams streams BLOCK 1 STREAMS s >"));
  CHECK_FALSE(blocks("XREAD"));
  CHECK_FALSE(blocks("XREADGROUP GROUP"));
}

TEST_CASE("MSETEX with a condition sets all keys or none") {
  const auto all_or_nothing = [](std::string_view line) {
    return sets_all_or_nothing(test::request_of(line).view());
  };
  CHECK(all_or_nothing("MSETEX 2 a 1 b 2 NX"));
  CHECK(all_or_nothing("MSETEX 1 a 1 EX 10 xx"));
  CHECK_FALSE(all_or_nothing("MSETEX 2 a 1 b 2"));
  CHECK_FALSE(all_or_nothing("MSETEX 2 nx xx xx nx EX 10"));
  CHECK(all_or_nothing("MSETEX x a 1"));
  CHECK(all_or_nothing("MSETEX 0 a 1"));
  CHECK(all_or_nothing("MSETEX 99999999999999999999 a 1"));
  CHECK(all_or_nothing("MSETEX 18446744073709551615 a 1"));
  CHECK(all_or_nothing("MSETEX"));
}

}  // namespace slotway::command
