#include "admin/label_value.h"

#include <doctest/doctest.h>

#include <string>

using slotway::admin::kMaxLabelBytes;
using slotway::admin::label_value;

TEST_CASE("printable text stays as it is, quotes, backslashes and other scripts included") {
  CHECK(label_value("config|set") == "config|set");
  CHECK(label_value("[2001:db8::1]:6379") == "[2001:db8::1]:6379");
  CHECK(label_value("a\"b\\c") == "a\"b\\c");
  CHECK(label_value("größe-\u4e16-\U0001f600") == "größe-\u4e16-\U0001f600");
  CHECK(label_value("").empty());
}

TEST_CASE("control bytes become visible text") {
  CHECK(label_value("a\nb\r\tc") == "a\\x0ab\\x0d\\x09c");
  CHECK(label_value(std::string("a\0b\x7f", 4)) == "a\\x00b\\x7f");
}

TEST_CASE("each byte of broken UTF-8 becomes visible text") {
  CHECK(label_value("\x80") == "\\x80");                             // continuation without a start
  CHECK(label_value("\xc0\xaf") == "\\xc0\\xaf");                    // overlong slash
  CHECK(label_value("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // overlong in three bytes
  CHECK(label_value("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // a surrogate
  CHECK(label_value("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  CHECK(label_value("\xf0\x80\x80\x80") == "\\xf0\\x80\\x80\\x80");  // overlong in four bytes
  CHECK(label_value("\xff") == "\\xff");
  CHECK(label_value("ok\xe4\xb8") == "ok\\xe4\\xb8");  // cut off at the end
  CHECK(label_value("\xe4z") == "\\xe4z");             // the next character is not eaten
}

TEST_CASE("a long value is cut at the limit and never inside a character") {
  CHECK(label_value(std::string(1000, 'x')).size() == kMaxLabelBytes);
  const std::string cut = label_value(std::string(kMaxLabelBytes - 1, 'x') + "\u4e16");
  CHECK(cut == std::string(kMaxLabelBytes - 1, 'x'));
}
