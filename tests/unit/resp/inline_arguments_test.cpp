#include "resp/inline_arguments.h"

#include <doctest/doctest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/feeding.h"

using slotway::resp::split_inline_arguments;
using slotway::test::printable;
using Words = std::vector<std::string>;

TEST_CASE("words are separated by any white space") {
  CHECK(split_inline_arguments("GET key") == Words{"GET", "key"});
  CHECK(split_inline_arguments("  GET \t key \v\f\r ") == Words{"GET", "key"});
  CHECK(split_inline_arguments("") == Words{});
  CHECK(split_inline_arguments(" \t ") == Words{});
}

TEST_CASE("double quotes keep white space and know escapes") {
  CHECK(split_inline_arguments(R"(SET k "a b")") == Words{"SET", "k", "a b"});
  CHECK(split_inline_arguments(R"("")") == Words{""});
  CHECK(split_inline_arguments(R"("\n\r\t\b\a\\\"\q")") == Words{"\n\r\t\b\a\\\"q"});
  CHECK(split_inline_arguments(R"("\x41\x00\xfF")") == Words{std::string("A\0\xff", 3)});
  CHECK(split_inline_arguments(R"("it's")") == Words{"it's"});
}

TEST_CASE("half a hexadecimal escape is an x and what follows") {
  // Envoy died of this one: issue 46642.
  CHECK(split_inline_arguments(R"("x\x4")") == Words{"xx4"});
  CHECK(split_inline_arguments(R"("\xg1")") == Words{"xg1"});
  CHECK(split_inline_arguments(R"("\x")") == Words{"x"});
  CHECK(split_inline_arguments(R"("\x4g")") == Words{"x4g"});
  CHECK(split_inline_arguments(R"(\x41)") == Words{R"(\x41)"});
}

TEST_CASE("single quotes keep everything but an escaped quote") {
  CHECK(split_inline_arguments(R"('a b')") == Words{"a b"});
  CHECK(split_inline_arguments(R"('\'')") == Words{"'"});
  CHECK(split_inline_arguments(R"('\n\x41"')") == Words{R"(\n\x41")"});
  CHECK(split_inline_arguments(R"('')") == Words{""});
}

TEST_CASE("a quote may open in the middle of a word, but must close at its end") {
  CHECK(split_inline_arguments(R"(ab"cd")") == Words{"abcd"});
  CHECK(split_inline_arguments(R"(ab'c d')") == Words{"abc d"});
  CHECK(split_inline_arguments(R"("ab"cd)") == std::nullopt);
  CHECK(split_inline_arguments(R"('ab'"cd")") == std::nullopt);
  CHECK(split_inline_arguments("\"ab\"\tcd") == Words{"ab", "cd"});
}

TEST_CASE("unbalanced quotes make no words") {
  for (const std::string_view line :
       {R"(")", R"(')", R"("a)", R"('a)", R"(a")", R"("a\")", R"('a\')", R"("\)", R"('\)",
        R"(set """test-key""" test-value)"}) {
    CHECK_MESSAGE(split_inline_arguments(line) == std::nullopt, line);
  }
}

namespace {

// sdssplitargs of Redis 7.0 (sds.c), translated: it works on a C string, so lines with NUL are not
// its.
std::optional<Words> as_redis_splits(const std::string& line) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  const auto hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  Words words;
  const char* p = line.c_str();
  while (true) {
    while (*p != 0 && space(*p)) ++p;
    if (*p == 0) return words;
    bool in_double = false;
    bool in_single = false;
    bool done = false;
    std::string word;
    while (!done) {
      if (in_double) {
        if (*p == '\\' && p[1] == 'x' && hex(p[2]) && hex(p[3])) {
          word.push_back(static_cast<char>(std::stoi(std::string(p + 2, 2), nullptr, 16)));
          p += 3;
        } else if (*p == '\\' && p[1] != 0) {
          ++p;
          const std::string_view from = "nrtba";
          const std::size_t at = from.find(*p);
          word.push_back(at == std::string_view::npos ? *p : "\n\r\t\b\a"[at]);
        } else if (*p == '"') {
          if (p[1] != 0 && !space(p[1])) return std::nullopt;
          done = true;
        } else if (*p == 0) {
          return std::nullopt;
        } else {
          word.push_back(*p);
        }
      } else if (in_single) {
        if (*p == '\\' && p[1] == '\'') {
          ++p;
          word.push_back('\'');
        } else if (*p == '\'') {
          if (p[1] != 0 && !space(p[1])) return std::nullopt;
          done = true;
        } else if (*p == 0) {
          return std::nullopt;
        } else {
          word.push_back(*p);
        }
      } else if (*p == 0 || *p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') {
        done = true;
      } else if (*p == '"') {
        in_double = true;
      } else if (*p == '\'') {
        in_single = true;
      } else {
        word.push_back(*p);
      }
      if (*p != 0) ++p;
    }
    words.push_back(word);
  }
}

}  // namespace

TEST_CASE("every line is split as Redis splits it") {
  std::mt19937 random(3);
  const std::string alphabet = "\"\"''\\\\xan4fF  \tbq\r\v\f";
  for (int round = 0; round < 200'000; ++round) {
    std::string line(random() % 12, ' ');
    for (char& c : line) c = alphabet[random() % alphabet.size()];
    const auto words = split_inline_arguments(line);
    const auto expected = as_redis_splits(line);
    REQUIRE_MESSAGE(words == expected, printable(line));
  }
}
