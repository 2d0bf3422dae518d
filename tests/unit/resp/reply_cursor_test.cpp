#include "resp/reply_cursor.h"

#include <doctest/doctest.h>

#include <string>

using slotway::resp::ReplyCursor;

TEST_CASE("a cursor meets every value of a nested reply in the order of its bytes") {
  ReplyCursor cursor(
      "%1\r\n$3\r\nkey\r\n*3\r\n:-5\r\n~2\r\n,1.5\r\n_\r\n$-1\r\n+OK\r\n-ERR "
      "no\r\n!5\r\nE\r\nno\r\n");
  const auto map = cursor.next();
  REQUIRE(map.has_value());
  CHECK(map->type == '%');
  CHECK(map->elements == 2);
  CHECK(cursor.next()->text == "key");
  const auto array = cursor.next();
  CHECK(array->is_list());
  CHECK(array->elements == 3);
  const auto number = cursor.next();
  CHECK(number->type == ':');
  CHECK(number->text == "-5");
  CHECK(cursor.next()->elements == 2);
  CHECK(cursor.next()->text == "1.5");
  CHECK(cursor.next()->is_null);
  CHECK(cursor.next()->is_null);
  CHECK_FALSE(cursor.at_end());
  CHECK(cursor.next()->text == "OK");
  CHECK(cursor.next()->is_error());
  const auto long_error = cursor.next();
  CHECK(long_error->is_error());
  CHECK(long_error->text == "E\r\nno");
  CHECK(cursor.at_end());
  CHECK_FALSE(cursor.next().has_value());
}

TEST_CASE("strings may hold anything, line ends included, and may be empty") {
  ReplyCursor cursor(std::string_view("$4\r\na\r\n\0\r\n$0\r\n\r\n=7\r\ntxt:abc\r\n", 29));
  CHECK(cursor.next()->text == std::string_view("a\r\n\0", 4));
  const auto empty = cursor.next();
  CHECK(empty->is_string());
  CHECK(empty->text.empty());
  CHECK(cursor.next()->text == "txt:abc");
  CHECK(cursor.at_end());
}

TEST_CASE("a null array has no elements and is no list") {
  ReplyCursor cursor("*-1\r\n:1\r\n");
  const auto null = cursor.next();
  CHECK(null->is_null);
  CHECK_FALSE(null->is_list());
  CHECK(null->elements == 0);
  CHECK(cursor.next()->text == "1");
}

TEST_CASE("the frame of a value has all of its elements, and the cursor goes on behind them") {
  ReplyCursor cursor("*2\r\n*1\r\n$1\r\na\r\n:7\r\n");
  CHECK(cursor.next()->elements == 2);
  CHECK(cursor.next_frame() == "*1\r\n$1\r\na\r\n");
  CHECK(cursor.rest() == ":7\r\n");
  CHECK(cursor.next_frame() == ":7\r\n");
  CHECK(cursor.next_frame().empty());
}

TEST_CASE("bytes that are no reply, or only its beginning, give nothing and move nothing") {
  for (const std::string_view bytes : {"", "x", "$", "$3\r\nab", "$3\r\nabc", "$3\r\nabc\r",
                                       "*x\r\n", ":12", "$99999999999\r\n"}) {
    ReplyCursor cursor(bytes);
    CHECK_FALSE(cursor.next().has_value());
    CHECK(cursor.next_frame().empty());
    CHECK(cursor.rest() == bytes);
  }
}
