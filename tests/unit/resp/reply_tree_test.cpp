#include "resp/reply_tree.h"

#include <doctest/doctest.h>

#include <string>

using slotway::resp::format_command;
using slotway::resp::ReplyNode;
using slotway::resp::ReplyTree;

namespace {

/// The error for bytes that are no reply, or "" if they were taken for one.
std::string error_of(std::string_view bytes) {
  const auto tree = ReplyTree::parse(bytes);
  return tree ? std::string() : tree.error();
}

std::string nested_arrays(int depth) {
  std::string bytes;
  for (int level = 0; level < depth; ++level) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

}  // namespace

TEST_CASE("every RESP2 type is decoded") {
  using namespace std::string_literals;
  const std::string bytes = "*6\r\n+OK\r\n$3\r\na\0b\r\n:-7\r\n$-1\r\n-ERR no\r\n*0\r\n"s;
  const auto whole = ReplyTree::parse(bytes);
  REQUIRE(whole.has_value());
  const ReplyNode root = whole->root();
  REQUIRE(root.is_array());
  REQUIRE(root.size() == 6);
  CHECK(root[0].is_string());
  CHECK(root[0].text() == "OK");
  CHECK(root[1].is_string());
  CHECK(root[1].text() == "a\0b"s);
  CHECK(root[2].is_integer());
  CHECK(root[2].integer() == -7);
  CHECK(root[3].is_nil());
  CHECK(root[4].is_error());
  CHECK(root[4].text() == "ERR no");
  CHECK(root[5].is_array());
  CHECK(root[5].size() == 0);
}

TEST_CASE("a value asked for as another type is empty") {
  const auto tree = ReplyTree::parse("*2\r\n:5\r\n$1\r\nx\r\n");
  REQUIRE(tree.has_value());
  CHECK(tree->root().text().empty());
  CHECK(tree->root().integer() == 0);
  CHECK(tree->root()[0].text().empty());
  CHECK(tree->root()[0].size() == 0);
  CHECK(tree->root()[1].integer() == 0);
}

TEST_CASE("a reply cut at any byte is refused") {
  const std::string bytes = "*2\r\n$5\r\nhello\r\n*1\r\n:12\r\n";
  REQUIRE(ReplyTree::parse(bytes).has_value());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(error_of(bytes.substr(0, size)) == "the reply ends too early");
  }
}

TEST_CASE("bytes behind the reply are refused") {
  CHECK(error_of("+OK\r\n+OK\r\n") == "there are bytes behind the reply");
}

TEST_CASE("a huge announced length costs nothing when the bytes are missing") {
  CHECK(error_of("*4294967295\r\n") == "the reply ends too early");
  CHECK(error_of("*2147483647\r\n:1\r\n") == "the reply ends too early");
  CHECK(error_of("$536870912\r\n") == "the reply ends too early");
  CHECK_FALSE(error_of("*99999999999999999999\r\n").empty());
}

TEST_CASE("garbage and types of RESP3 are refused") {
  CHECK_FALSE(error_of("GET / HTTP/1.1\r\n").empty());
  CHECK_FALSE(error_of("%1\r\n+a\r\n+b\r\n").empty());
  CHECK_FALSE(error_of("_\r\n").empty());
}

TEST_CASE("nesting beyond what hiredis allows is an error and no crash") {
  CHECK(error_of(nested_arrays(5)).empty());
  CHECK_FALSE(error_of(nested_arrays(50)).empty());
  CHECK_FALSE(error_of(nested_arrays(100'000)).empty());
}

TEST_CASE("a command is formatted as an array of bulk strings") {
  CHECK(format_command({"CLUSTER", "SLOTS"}) == "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n");
  CHECK(format_command({"SET", "", "a\r\nb"}) == "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\nb\r\n");
}
