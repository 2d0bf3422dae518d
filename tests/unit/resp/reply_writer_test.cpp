#include "resp/reply_writer.h"

#include <doctest/doctest.h>

#include <limits>

#include "resp/reply_scanner.h"

using slotway::resp::ReplyWriter;

TEST_CASE("values that both protocols have look the same in both") {
  for (const int protocol : {2, 3}) {
    ReplyWriter reply(protocol);
    reply.array(4).status("OK").integer(-7).bulk("a\r\nb").error("ERR no\r\n-ERR forged");
    CHECK(reply.take() == "*4\r\n+OK\r\n:-7\r\n$4\r\na\r\nb\r\n-ERR no  -ERR forged\r\n");
  }
}

TEST_CASE("RESP2 gets what it has no type for in the form Redis gives it") {
  ReplyWriter reply(2);
  reply.map(1).bulk("k").set(0).null().null_array().boolean(true).boolean(false).number(0.5);
  CHECK(reply.take() == "*2\r\n$1\r\nk\r\n*0\r\n$-1\r\n*-1\r\n:1\r\n:0\r\n$3\r\n0.5\r\n");
  CHECK(ReplyWriter(2).verbatim("text").take() == "$4\r\ntext\r\n");
  CHECK(ReplyWriter(2).push(2).take() == "*2\r\n");
}

TEST_CASE("RESP3 gets its own types") {
  ReplyWriter reply(3);
  reply.map(1).bulk("k").set(0).null().null_array().boolean(true).boolean(false).number(0.5);
  CHECK(reply.take() == "%1\r\n$1\r\nk\r\n~0\r\n_\r\n_\r\n#t\r\n#f\r\n,0.5\r\n");
  CHECK(ReplyWriter(3).verbatim("text").take() == "=8\r\ntxt:text\r\n");
  CHECK(ReplyWriter(3).push(2).take() == ">2\r\n");
}

TEST_CASE("doubles have 17 digits, and infinity a name") {
  CHECK(ReplyWriter(3).number(0.1).take() == ",0.10000000000000001\r\n");
  CHECK(ReplyWriter(3).number(3).take() == ",3\r\n");
  CHECK(ReplyWriter(3).number(-std::numeric_limits<double>::infinity()).take() == ",-inf\r\n");
  CHECK(ReplyWriter(2).number(std::numeric_limits<double>::infinity()).take() == "$3\r\ninf\r\n");
}

TEST_CASE("an empty verbatim text is a whole frame") {
  const std::string reply = ReplyWriter(3).verbatim("").take();
  CHECK(reply == "=4\r\ntxt:\r\n");
  const auto scanned = slotway::resp::scan_frame(reply);
  CHECK(scanned.status == slotway::resp::ScanStatus::complete);
  CHECK(scanned.consumed == reply.size());
}
