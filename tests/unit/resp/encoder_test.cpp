#include "resp/encoder.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "resp/byte_buffer.h"
#include "resp/reply_scanner.h"

namespace resp = slotway::resp;
using namespace std::string_literals;

TEST_CASE("numbers, arrays and bulk strings are encoded as RESP has them") {
  std::string out;
  resp::append_integer(out, -7);
  resp::append_array_header(out, 3);
  resp::append_bulk(out, "");
  resp::append_bulk(out, std::string_view("a\0\r\n", 4));
  CHECK(out == ":-7\r\n*3\r\n$0\r\n\r\n$4\r\na\0\r\n\r\n"s);
  CHECK(resp::integer_reply(0) == ":0\r\n");
  CHECK(resp::bulk_reply("PONG") == "$4\r\nPONG\r\n");
}

TEST_CASE("the ends of the range of integers fit") {
  CHECK(resp::integer_reply(std::numeric_limits<std::int64_t>::min()) ==
        ":-9223372036854775808\r\n");
  CHECK(resp::integer_reply(std::numeric_limits<std::int64_t>::max()) ==
        ":9223372036854775807\r\n");
}

TEST_CASE("an error is one frame, whatever its text") {
  CHECK(resp::error_reply("ERR a\r\n+OK\r\nb") == "-ERR a  +OK  b\r\n");
  CHECK(resp::error_reply("") == "-\r\n");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string reply = resp::error_reply("ERR " + std::string(1, static_cast<char>(byte)));
    const auto scanned = resp::scan_frame(reply);
    CHECK(scanned.status == resp::ScanStatus::complete);
    CHECK(scanned.consumed == reply.size());
  }
}

TEST_CASE("strings and byte buffers are filled alike") {
  std::string text;
  resp::ByteBuffer buffer;
  const auto fill = [](auto& out) {
    resp::append_array_header(out, 2);
    resp::append_bulk(out, "value");
    resp::append_error(out, "ERR no");
  };
  fill(text);
  fill(buffer);
  CHECK(buffer.view() == text);
}
