#include "routing/score_text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

using slotway::routing::parse_score;
using slotway::routing::score_style_of;
using slotway::routing::score_text;
using slotway::routing::ScoreStyle;

namespace {

double parsed(std::string_view text) {
  double score = 0;
  REQUIRE(parse_score(text, score));
  return score;
}

}  // namespace

TEST_CASE("Redis 7.0 writes scores with 17 digits") {
  // Recorded from redis-server 7.0.15, ZRANGE WITHSCORES.
  const std::pair<double, const char*> recorded[] = {
      {-2.5, "-2.5"},
      {1.5e-7, "1.4999999999999999e-07"},
      {1e-5, "1.0000000000000001e-05"},
      {0.1, "0.10000000000000001"},
      {0.30000000000000004, "0.30000000000000004"},
      {3, "3"},
      {100000000, "100000000"},
      {123456789.123, "123456789.123"},
      {1e16, "10000000000000000"},
      {12345678901234567890.0, "1.2345678901234567e+19"},
      {1e20, "1e+20"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
  };
  for (const auto& [score, text] : recorded) CHECK(score_text(score, ScoreStyle::digits17) == text);
}

TEST_CASE("later servers write the fewest digits, in fpconv's layout") {
  const std::pair<double, const char*> expected[] = {
      {0, "0"},
      {-0.0, "-0"},
      {3, "3"},
      {-2.5, "-2.5"},
      {0.1, "0.1"},
      {0.30000000000000004, "0.30000000000000004"},
      {123.456, "123.456"},
      {123456789.123, "123456789.123"},
      {100000000, "100000000"},
      {1e16, "10000000000000000"},
      {1e20, "1e+20"},
      {1.5e300, "1.5e+300"},
      {12345678901234567890.0, "12345678901234567000"},
      {1e-5, "0.00001"},
      {1e-6, "0.000001"},
      {1e-7, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {0.00123456789, "0.00123456789"},
      {0.000123456789, "1.23456789e-4"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {5e-324, "5e-324"},
  };
  for (const auto& [score, text] : expected) CHECK(score_text(score, ScoreStyle::shortest) == text);
}

TEST_CASE("every text means the number it was made of") {
  double score = 1.0 / 3;
  for (int i = 0; i < 2000; ++i) {
    score = std::ldexp(std::sin(i), i % 1800 - 900);
    CHECK(parsed(score_text(score, ScoreStyle::digits17)) == score);
    CHECK(parsed(score_text(score, ScoreStyle::shortest)) == score);
  }
}

TEST_CASE("the server's version decides the style") {
  CHECK(score_style_of("") == ScoreStyle::digits17);
  CHECK(score_style_of("5.0.14") == ScoreStyle::digits17);
  CHECK(score_style_of("7.0.15") == ScoreStyle::digits17);
  CHECK(score_style_of("7.2.4") == ScoreStyle::shortest);
  CHECK(score_style_of("8.0.1") == ScoreStyle::shortest);
  CHECK(score_style_of("255.255.255") == ScoreStyle::shortest);
}

TEST_CASE("a client may spell a weight as strtod understands it, and no other way") {
  CHECK(parsed("1.5") == 1.5);
  CHECK(parsed("-1e3") == -1000);
  CHECK(parsed("0x1p3") == 8);
  CHECK(parsed("+inf") == std::numeric_limits<double>::infinity());
  CHECK(parsed("-Infinity") == -std::numeric_limits<double>::infinity());
  double score = 0;
  for (const std::string_view text : {"", " 1", "1 ", "1x", "nan", "x", "1e400", "--1"}) {
    CHECK_FALSE(parse_score(text, score));
  }
  CHECK_FALSE(parse_score(std::string_view("1\0", 2), score));
}
