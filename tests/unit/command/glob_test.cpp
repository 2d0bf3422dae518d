#include "command/glob.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::command {

TEST_CASE("a star stands for any number of characters, a question mark for one") {
  for (const char* pattern :
       {"*", "news", "n*", "*s", "n*s", "*e*", "n??s", "**ew**", "?*?", "news*", "*n*e*w*s*"}) {
    CAPTURE(pattern);
    CHECK(glob_matches(pattern, "news"));
  }
  for (const char* pattern : {"", "new", "newss", "*x", "x*", "n?s", "?????", "N*", "*s?", "n*e"}) {
    CAPTURE(pattern);
    CHECK_FALSE(glob_matches(pattern, "news"));
  }
}

TEST_CASE("the last star gives back what it took too early") {
  CHECK(glob_matches("*ab", "aab"));
  CHECK(glob_matches("a*bc*cd", "abcbcdccd"));
  CHECK_FALSE(glob_matches("a*bc*cd", "abcbcdcc"));
}

TEST_CASE("a class matches what is in it, ranges in either direction included") {
  CHECK(glob_matches("h[ae]llo", "hello"));
  CHECK_FALSE(glob_matches("h[ae]llo", "hillo"));
  CHECK(glob_matches("[a-c][c-a]", "bb"));
  CHECK_FALSE(glob_matches("[a-c]", "d"));
  CHECK(glob_matches("[^a-c]", "d"));
  CHECK_FALSE(glob_matches("[^a-c]", "b"));
  CHECK(glob_matches("[\\]]", "]"));
  CHECK(glob_matches("*[0-9]", "abc7"));
}

TEST_CASE("an escaped character is itself") {
  CHECK(glob_matches("\\*", "*"));
  CHECK_FALSE(glob_matches("\\*", "x"));
  CHECK(glob_matches("a\\?b", "a?b"));
  CHECK_FALSE(glob_matches("a\\?b", "axb"));
  CHECK(glob_matches("\\", "\\"));
}

TEST_CASE("unfinished classes are read as Redis reads them") {
  CHECK(glob_matches("[ab", "b"));
  CHECK_FALSE(glob_matches("[ab", "c"));
  CHECK(glob_matches("[^", "x"));
  CHECK_FALSE(glob_matches("[", "["));
}

TEST_CASE("the empty text is matched by the empty pattern only, as in Redis") {
  CHECK(glob_matches("", ""));
  CHECK_FALSE(glob_matches("*", ""));
  CHECK_FALSE(glob_matches("?", ""));
}

TEST_CASE("many stars do not take for ever") {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  CHECK_FALSE(glob_matches(pattern + "b", std::string(10'000, 'a')));
}

}  // namespace slotway::command
