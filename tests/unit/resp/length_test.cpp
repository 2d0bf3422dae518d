#include "resp/length.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/feeding.h"

using slotway::resp::kLongestLengthLine;
using slotway::resp::Length;
using slotway::resp::LengthStatus;
using slotway::resp::read_length;
using slotway::resp::read_short_length;
using slotway::test::printable;

namespace {

// The rule once more, for complete lines only, written to be read and not to be fast.
std::optional<long long> value_of_line(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative) digits.remove_prefix(1);
  if (digits.empty() || digits.size() > 9)
    return std::nullopt;  // the tests here have no longer ones
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  if (digits.front() == '0' && (digits.size() > 1 || negative)) return std::nullopt;
  const long long value = std::stoll(std::string(digits));
  return negative ? -value : value;
}

std::string describe(const Length& length) {
  switch (length.status) {
    case LengthStatus::incomplete:
      return "incomplete";
    case LengthStatus::malformed:
      return "malformed";
    case LengthStatus::too_long:
      return "too long";
    case LengthStatus::complete:
      return std::to_string(length.value) + " in " + std::to_string(length.consumed);
  }
  return "";
}

void check_short_length_agrees(std::string_view bytes) {
  std::size_t value = 12'345;
  const char* const end = read_short_length(bytes.data(), bytes.data() + bytes.size(), value);
  const Length length = read_length(bytes);
  const bool complete = length.status == LengthStatus::complete;
  if (end != nullptr) {
    REQUIRE_MESSAGE(complete, printable(bytes));
    REQUIRE(static_cast<std::size_t>(end - bytes.data()) == length.consumed);
    REQUIRE(static_cast<long long>(value) == length.value);
  } else if (complete && length.value >= 0 && length.value < 1000 && bytes.size() >= 5) {
    FAIL("the short form missed " << printable(bytes));
  }
}

// Calls `visit` with every string of at most `size` letters of an alphabet.
template <typename Visitor>
void for_each_string(std::string_view alphabet, std::size_t size, std::string& text,
                     const Visitor& visit) {
  visit(text);
  if (text.size() == size) return;
  for (const char letter : alphabet) {
    text.push_back(letter);
    for_each_string(alphabet, size, text, visit);
    text.pop_back();
  }
}

}  // namespace

TEST_CASE("a length is a decimal number in canonical form, then CR LF") {
  struct Case {
    std::string_view bytes;
    std::string_view result;
  };
  const std::vector<Case> cases{
      {"0\r\n", "0 in 3"},
      {"7\r\nrest", "7 in 3"},
      {"-1\r\n", "-1 in 4"},
      {"1048576\r\n", "1048576 in 9"},
      {"2147483647\r\n", "2147483647 in 12"},
      {"2147483648\r\n", "2147483648 in 12"},
      {"4294967296\r\n", "4294967296 in 12"},
      {"999999999999999999\r\n", "999999999999999999 in 20"},
      {"9223372036854775807\r\n", "9223372036854775807 in 21"},
      {"9223372036854775808\r\n", "malformed"},
      {"9999999999999999999\r\n", "malformed"},
      {"18446744073709551615\r\n", "malformed"},
      {"18446744073709551616\r\n", "malformed"},
      {"-9223372036854775808\r\n", "-9223372036854775808 in 22"},
      {"-9223372036854775809\r\n", "malformed"},
      {"-0\r\n", "malformed"},
      {"00\r\n", "malformed"},
      {"01\r\n", "malformed"},
      {"-01\r\n", "malformed"},
      {"+1\r\n", "malformed"},
      {" 1\r\n", "malformed"},
      {"1 \r\n", "malformed"},
      {"1\n", "malformed"},
      {"1\r1", "malformed"},
      {"1\r\r\n", "malformed"},
      {"\r\n", "malformed"},
      {"-\r\n", "malformed"},
      {"--1\r\n", "malformed"},
      {"1e3\r\n", "malformed"},
      {"0x10\r\n", "malformed"},
      {std::string_view("1\0\r\n", 4), "malformed"},
      {"", "incomplete"},
      {"-", "incomplete"},
      {"12", "incomplete"},
      {"12\r", "incomplete"},
  };
  for (const Case& length : cases) {
    CHECK_MESSAGE(describe(read_length(length.bytes)) == length.result, printable(length.bytes));
  }
}

TEST_CASE("a length that cannot end any more is malformed before its line has ended") {
  const std::string endless(kLongestLengthLine, '1');
  CHECK(read_length(endless).status == LengthStatus::malformed);
  CHECK(read_length(endless.substr(0, 20)).status == LengthStatus::malformed);
  CHECK(read_length(endless.substr(0, 19)).status == LengthStatus::incomplete);
}

TEST_CASE(
    "read_length keeps to the rule for every short string, and whatever its prefixes said holds") {
  std::string text;
  for_each_string("0192-+ \r\nx", 5, text, [](const std::string& bytes) {
    const std::size_t line_end = bytes.find("\r\n");
    const LengthStatus status = read_length(bytes).status;
    if (line_end != std::string::npos) {
      const auto expected = value_of_line(std::string_view(bytes).substr(0, line_end));
      REQUIRE_MESSAGE((status == LengthStatus::complete) == expected.has_value(), printable(bytes));
      if (expected) REQUIRE(read_length(bytes).value == *expected);
    } else {
      REQUIRE(status != LengthStatus::complete);
    }
    if (bytes.empty()) return;
    const Length before = read_length(std::string_view(bytes).substr(0, bytes.size() - 1));
    if (before.status == LengthStatus::malformed) REQUIRE(status == LengthStatus::malformed);
    if (before.status == LengthStatus::complete) {
      REQUIRE(describe(read_length(bytes)) == describe(before));
    }
  });
}

TEST_CASE("the short form of read_length never disagrees with it") {
  std::string text;
  for_each_string("019-\r\nx", 6, text, check_short_length_agrees);
  for (int number = 0; number < 10'000; ++number) {
    const std::string line = std::to_string(number) + "\r\n";
    check_short_length_agrees(line);
    check_short_length_agrees(line + "$");
    check_short_length_agrees(line + "$3\r\nabc");
  }
  for (const std::string_view line : {"0\r\n$1", "7\r\n$1", "42\r\n$", "365\r\n", "1000\r\n"}) {
    for (std::size_t place = 0; place < line.size(); ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string changed(line);
        changed[place] = static_cast<char>(byte);
        check_short_length_agrees(changed);
      }
    }
  }
}
