#include "resp/request_parser.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "resp/encoder.h"
#include "unit/resp/request_feed.h"

namespace resp = slotway::resp;
using namespace std::string_literals;
using slotway::test::for_each_way_to_arrive;
using slotway::test::parse_requests;
using slotway::test::Pieces;
using slotway::test::printable;
using slotway::test::RequestFeed;
using slotway::test::Trace;

namespace {

struct Case {
  std::string bytes;
  Trace trace;
};

// Every case in every way to arrive.
void check_all(const std::vector<Case>& cases, const resp::RequestLimits& limits = {}) {
  for (const Case& each : cases) {
    for_each_way_to_arrive(each.bytes, [&](const Pieces& pieces) {
      REQUIRE_MESSAGE(parse_requests(pieces, limits) == each.trace,
                      printable(each.bytes) << " in " << pieces.size() << " pieces, the first of "
                                            << pieces.front().size());
    });
  }
}

std::string encode(const std::vector<std::string>& arguments) {
  std::string bytes;
  resp::append_array_header(bytes, arguments.size());
  for (const std::string& argument : arguments) resp::append_bulk(bytes, argument);
  return bytes;
}

}  // namespace

TEST_CASE("a request is an array of bulk strings") {
  check_all({
      {"*1\r\n$4\r\nPING\r\n", {"[PING]"}},
      {"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", {"[SET][k][]"}},
      {"*2\r\n$3\r\nGET\r\n$4\r\n\r\n\r\n\r\n", {"[GET][\\x0d\\x0a\\x0d\\x0a]"}},
      {"*1\r\n$1\r\na\r\n*1\r\n$1\r\nb\r\nc\r\n", {"[a]", "[b]", "[c]"}},
      {"*1\r\n$3\r\n\0\xff\r\r\n"s, {"[\\x00\\xff\\x0d]"}},
  });
}

TEST_CASE("what protocol.tcl of Redis sends is answered as Redis answers it") {
  const std::string set = "*3\r\n$3\r\nSET\r\n$1\r\nx\r\n";
  check_all({
      {"\r\n", {"(empty)"}},
      {"*0\r\n", {"(empty)"}},
      {"*-1\r\n", {"(empty)"}},
      {"*-10\r\n", {"(empty)"}},
      {"*3000000000\r\n", {"invalid multibulk length"}},
      {set + "fooz\r\n", {"expected '$', got 'f'"}},
      {set + "$-10\r\n", {"invalid bulk length"}},
      {set + "$2000000000\r\n", {"invalid bulk length"}},
      {set + "$blabla\r\n", {"invalid bulk length"}},
      {"*1\r\nfoo\r\n", {"expected '$', got 'f'"}},
      {"set \"\"\"test-key\"\"\" test-value\r\n", {"unbalanced quotes in request"}},
      {"*\0"s, {"(incomplete)"}},
      {"*1\r\n$\0"s, {"(incomplete)"}},
      {"*blabla\r\n", {"invalid multibulk length"}},
  });
}

TEST_CASE("a length is waited for as long as Redis waits, and then refused") {
  const std::string garbage(64 * 1024, '\0');
  for (const auto& [header, error] : {std::pair{"*"s, "too big mbulk count string"s},
                                      {"*1\r\n$"s, "too big bulk count string"s}}) {
    CHECK(parse_requests(header + garbage) == Trace{"(incomplete)"});
    CHECK(parse_requests(header + garbage + "1") == Trace{error});
    const std::string bytes = header + garbage + "1";
    CHECK(parse_requests(slotway::test::byte_by_byte(bytes)) == Trace{error});
    CHECK(parse_requests(header + garbage.substr(1) + "\r\n") ==
          Trace{header == "*" ? "invalid multibulk length" : "invalid bulk length"});
  }
}

TEST_CASE("an empty request leaves nothing behind for the one after it") {
  // CVE-2026-27623: the type of the request was not reset.
  check_all({
      {"*0\r\nPING\r\n", {"(empty)", "[PING]"}},
      {"*-1\r\n*1\r\n$4\r\nPING\r\n", {"(empty)", "[PING]"}},
      {"\r\n\r\n\n*0\r\n*1\r\n$1\r\na\r\n", {"(empty)", "(empty)", "(empty)", "(empty)", "[a]"}},
      {"PING\r\n*0\r\nECHO a\n", {"[PING]", "(empty)", "[ECHO][a]"}},
      {"*1\r\n$1\r\na\r\n*0\r\n*2\r\n$1\r\nb\r\n$1\r\nc\r\n", {"[a]", "(empty)", "[b][c]"}},
  });
}

TEST_CASE("every length at the edge of what is allowed is taken or refused as specified") {
  const resp::RequestLimits limits{.max_bulk_bytes = 100, .max_arguments = 10};
  const std::string nine =
      "$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$1\r\na\r\n$"
      "1\r\na\r\n";
  const Trace bad_count{"invalid multibulk length"};
  const Trace bad_bulk{"invalid bulk length"};
  std::vector<Case> cases{
      {"*10\r\n" + nine + "$1\r\nb\r\n", {"[a][a][a][a][a][a][a][a][a][b]"}},
      {"*1\r\n$100\r\n" + std::string(100, 'v') + "\r\n", {"[" + std::string(100, 'v') + "]"}},
      {"*1\r\n$0\r\n\r\n", {"[]"}},
  };
  for (const std::string_view length : {"11",
                                        "2147483647",
                                        "2147483648",
                                        "4294967296",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "01",
                                        "00",
                                        "010",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "-",
                                        "",
                                        "-0",
                                        "0x1",
                                        "1.0",
                                        "1\n",
                                        "1\r1",
                                        "\r",
                                        "\n"}) {
    cases.push_back({"*" + std::string(length) + "\r\n$1\r\na\r\n", bad_count});
  }
  for (const std::string_view length : {"101",
                                        "-1",
                                        "-2",
                                        "2147483647",
                                        "2147483648",
                                        "4294967296",
                                        "9223372036854775807",
                                        "9223372036854775808",
                                        "-9223372036854775808",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "01",
                                        "00",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "-",
                                        "",
                                        "-0",
                                        "1\n",
                                        "1\r1",
                                        "\r"}) {
    cases.push_back({"*1\r\n$" + std::string(length) + "\r\na\r\n", bad_bulk});
  }
  check_all(cases, limits);
}

TEST_CASE("a bulk string must end in CR LF") {
  const Trace wrong{"expected CRLF after a bulk"};
  check_all({
      {"*1\r\n$1\r\nab\r\n", wrong},
      {"*1\r\n$1\r\na\n\n", wrong},
      {"*1\r\n$1\r\na\r\r", wrong},
      {"*1\r\n$1\r\na*1\r\n", wrong},
      {"*2\r\n$0\r\n\r\n$0\r\n\n\r", wrong},
  });
}

TEST_CASE("arrays do not nest, and other types are no arguments") {
  check_all({
      {"*1\r\n*1\r\n$1\r\na\r\n", {"expected '$', got '*'"}},
      {"*1\r\n:1\r\n", {"expected '$', got ':'"}},
      {"*1\r\n+OK\r\n", {"expected '$', got '+'"}},
  });
  std::string deep;
  for (int depth = 0; depth < 1'000'000; ++depth) deep += "*1\r\n";
  CHECK(parse_requests(deep) == Trace{"expected '$', got '*'"});
}

TEST_CASE(
    "an error does not repeat control bytes of the client in a way that makes a second frame") {
  RequestFeed feed;
  feed.feed("*1\r\n\r\n");
  CHECK(feed.parser().error() == "expected '$', got '\r'");
  CHECK(resp::error_reply("ERR Protocol error: " + feed.parser().error()) ==
        "-ERR Protocol error: expected '$', got ' '\r\n");
}

TEST_CASE("an inline request is encoded anew as an array") {
  RequestFeed feed;
  feed.feed("  SET key \"a\\r\\n\\x00b\" \r\nGET key\n");
  CHECK(feed.trace() == Trace{"[SET][key][a\\x0d\\x0a\\x00b]", "[GET][key]"});
  REQUIRE(feed.encoded().size() == 2);
  CHECK(feed.encoded()[0] == encode({"SET", "key", "a\r\n\0b"s}));
  CHECK(feed.encoded()[1] == encode({"GET", "key"}));
  CHECK(feed.parser().was_inline());
  feed.feed(encode({"PING"}));
  CHECK_FALSE(feed.parser().was_inline());
}

TEST_CASE("frames of replies sent as requests are inline commands, or nothing") {
  check_all({
      {"$5\r\nhello\r\n", {"[$5]", "[hello]"}},
      {"+OK\r\n:1\r\n", {"[+OK]", "[:1]"}},
      {"_\r\n", {"[_]"}},
      {"%1\r\n", {"[%1]"}},
  });
}

TEST_CASE("an inline request may be as long as the limit and no longer") {
  const resp::RequestLimits limits{.max_inline_bytes = 20};
  const std::string twenty(20, 'x');
  check_all(
      {
          {twenty + "\n", {"[" + twenty + "]"}},
          {twenty.substr(1) + "\r\n", {"[" + twenty.substr(1) + "]"}},
          {twenty + "x\n", {"too big inline request"}},
          {twenty + twenty, {"too big inline request"}},
          {twenty, {"(incomplete)"}},
      },
      limits);
}

TEST_CASE("NUL bytes are bytes like all others") {
  check_all({
      {"GET a\0b\r\n"s, {"[GET][a\\x00b]"}},
      {"\0\r\n"s, {"[\\x00]"}},
      {"*2\r\n$3\r\nGET\r\n$2\r\n\0\0\r\n"s, {"[GET][\\x00\\x00]"}},
  });
}

TEST_CASE("a request larger than the query buffer is refused, however it arrives") {
  const resp::RequestLimits limits{.max_request_bytes = 64};
  const std::string fits = encode({"SET", "k", std::string(37, 'v')});
  REQUIRE(fits.size() == 64);
  const std::string larger = encode({"SET", "k", std::string(38, 'v')});
  check_all({{fits, {"[SET][k][" + std::string(37, 'v') + "]"}}}, limits);
  check_all({{larger, {"request is larger than allowed"}}}, limits);
  check_all(
      {{fits + fits,
        {"[SET][k][" + std::string(37, 'v') + "]", "[SET][k][" + std::string(37, 'v') + "]"}}},
      limits);
}

TEST_CASE("a request of a million arguments is one request") {
  std::vector<std::string> arguments(1'000'000, "a");
  arguments.front() = "DEL";
  const std::string bytes = encode(arguments);
  RequestFeed feed;
  feed.feed(bytes.substr(0, bytes.size() / 2));
  feed.feed(bytes.substr(bytes.size() / 2));
  REQUIRE(feed.encoded().size() == 1);
  CHECK(feed.encoded().front() == bytes);
}

TEST_CASE("random pipelines come out as they went in, in whatever pieces they arrive") {
  std::mt19937 random(23);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 2'000; ++round) {
    std::string stream;
    std::vector<std::string> sent;
    for (std::size_t count = 1 + below(8); count > 0; --count) {
      std::vector<std::string> arguments(1 + below(4));
      for (std::string& argument : arguments) {
        argument.resize(below(below(5) == 0 ? 1'500 : 12));
        for (char& c : argument) c = static_cast<char>(below(256));
      }
      sent.push_back(encode(arguments));
      stream += sent.back();
    }
    RequestFeed feed;
    for (std::string_view rest = stream; !rest.empty();) {
      const std::size_t size = 1 + below(below(2) == 0 ? 4 : 400);
      feed.feed(rest.substr(0, size));
      rest.remove_prefix(std::min(size, rest.size()));
    }
    REQUIRE(feed.encoded() == sent);
  }
}

TEST_CASE("damaged pipelines are understood alike however they arrive") {
  std::mt19937 random(29);
  const std::string whole = encode({"SET", "key", "value"}) + "PING\r\n" + encode({"GET", "key"});
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes = whole;
    for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = "*$\r\n0123-+ \"'x"[random() % 14];
    }
    const Trace expected = parse_requests(bytes);
    for_each_way_to_arrive(bytes, [&](const Pieces& pieces) {
      REQUIRE_MESSAGE(parse_requests(pieces) == expected, printable(bytes));
    });
  }
}
