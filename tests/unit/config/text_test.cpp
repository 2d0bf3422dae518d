#include "config/text.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::config {

TEST_CASE("the length of a UTF-8 character is known, and 0 for what is none") {
  CHECK(utf8_character_length("a") == 1);
  CHECK(utf8_character_length("\xc3\xa4") == 2);
  CHECK(utf8_character_length("\xe2\x82\xac") == 3);
  CHECK(utf8_character_length("\xf0\x9f\x98\x80") == 4);
  CHECK(utf8_character_length(std::string_view("\0", 1)) == 1);
  for (const char* text :
       {"", "\x80", "\xc3", "\xc3(", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe2\x82",
        "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    CHECK(utf8_character_length(text) == 0);
  }
}

TEST_CASE("control characters of all three kinds are found") {
  CHECK(is_plain_text("plain \xc3\xa4 \xe2\x82\xac"));
  CHECK(is_plain_text(""));
  CHECK_FALSE(is_plain_text("\x1f"));
  CHECK_FALSE(is_plain_text("\x7f"));
  CHECK_FALSE(is_plain_text("\xc2\x85"));
  CHECK(is_plain_text("\xc2\xa0"));
}

TEST_CASE("escaped text has no control character and no invalid byte left") {
  CHECK(escaped("a\nb\r\t\x1b[0m", EscapeQuotes::no) == R"(a\nb\r\t\x1b[0m)");
  CHECK(escaped("\xff\xc2\x9b", EscapeQuotes::no) == R"(\xff\x9b)");
  CHECK(escaped(R"(a\n "b")", EscapeQuotes::no) == R"(a\\n "b")");
  CHECK(quoted(R"(a\n "b")") == R"("a\\n \"b\"")");
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  CHECK(is_plain_text(quoted(every_byte)));
}

TEST_CASE("an excerpt is bounded and ends between two characters") {
  CHECK(quoted_excerpt("short") == "\"short\"");
  std::string text = "a";
  for (int i = 0; i < 1000; ++i) text += "\xe2\x82\xac";
  const std::string excerpt = quoted_excerpt(text);
  CHECK(excerpt.size() < 80);
  CHECK(excerpt.ends_with("\xe2\x82\xac\"..."));
}

}  // namespace slotway::config
