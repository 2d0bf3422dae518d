#include "routing/pattern_slot.h"

#include <doctest/doctest.h>

using slotway::cluster::slot_of;
using slotway::routing::slot_of_pattern;

TEST_CASE("a literal hash tag at the front of a pattern names the slot of all matches") {
  CHECK(slot_of_pattern("{user1000}:*") == slot_of("{user1000}"));
  CHECK(slot_of_pattern("session:{user1000}.?") == slot_of("{user1000}"));
  CHECK(slot_of_pattern("{a}{b}*") == slot_of("{a}"));
  CHECK(slot_of_pattern("}{a}*") == slot_of("{a}"));
}

TEST_CASE("a pattern without wildcards is a key") {
  CHECK(slot_of_pattern("plain") == slot_of("plain"));
  CHECK(slot_of_pattern("") == slot_of(""));
  CHECK(slot_of_pattern("a{}b") == slot_of("a{}b"));
  CHECK(slot_of_pattern("open{brace") == slot_of("open{brace"));
}

TEST_CASE("other patterns may match keys of any slot") {
  for (const char* pattern : {"*", "user:*", "*{tag}", "?{tag}", "[{]tag}x", "\\{tag}*", "{ta*g}",
                              "{tag*", "{}*", "{}{tag}*", "{t\\ag}*", "{t[a]g}"}) {
    CAPTURE(pattern);
    CHECK_FALSE(slot_of_pattern(pattern).has_value());
  }
}
