#include "config/codec.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>

namespace slotway::config {
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kSecond{1'000};
constexpr std::uint64_t kMegabyte = 1'048'576;

}  // namespace

TEST_CASE("a count is decimal digits within its range") {
  const CountCodec codec{1, 100};
  CHECK(codec.parse("1") == 1);
  CHECK(codec.parse("100") == 100);
  for (const char* text : {"", "0", "101", "-1", "+1", "010", "0x10", "1e1", "1.0", " 1", "1 ",
                           "1_0", "18446744073709551617", "ten"}) {
    CAPTURE(text);
    CHECK_FALSE(codec.parse(text).has_value());
  }
  CHECK(codec.expected() == "a whole number from 1 to 100");
}

TEST_CASE("a whole number may be negative, within its range") {
  const IntegerCodec codec{-1, 100};
  CHECK(codec.parse("-1") == -1);
  CHECK(codec.parse("0") == 0);
  CHECK(codec.parse("100") == 100);
  for (const char* text : {"", "-", "-0", "-2", "101", "+1", "--1", "-01", "1.0", " 1",
                           "9223372036854775808", "-9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(codec.parse(text).has_value());
  }
  CHECK(codec.print(-1) == "-1");
  CHECK(codec.expected() == "a whole number from -1 to 100");
}

TEST_CASE("auto is zero, and a zero in digits is refused") {
  const AutoCountCodec codec{8};
  CHECK(codec.parse("auto") == 0);
  CHECK(codec.parse("8") == 8);
  CHECK_FALSE(codec.parse("0").has_value());
  CHECK_FALSE(codec.parse("9").has_value());
  CHECK(codec.print(0) == "auto");
  CHECK(codec.print(3) == "3");
}

TEST_CASE("a duration is a number and a unit") {
  const DurationCodec codec{milliseconds{1}, 48 * 3600 * kSecond};
  CHECK(codec.parse("250ms") == milliseconds{250});
  CHECK(codec.parse("5s") == 5 * kSecond);
  CHECK(codec.parse("2m") == 120 * kSecond);
  CHECK(codec.parse("1h") == 3600 * kSecond);
  CHECK(codec.parse("2d") == 48 * 3600 * kSecond);
  for (const char* text : {"", "5", "s", "5 s", "5S", "5sec", "1.5s", "-5s", "05s", "5s ", "1s5ms",
                           "3d", "99999999999999999999s", "18446744073709551615d"}) {
    CAPTURE(text);
    CHECK_FALSE(codec.parse(text).has_value());
  }
}

TEST_CASE("a zero duration is taken where it means none or lies in the range") {
  const auto any_zero = [](const DurationCodec& codec) {
    return codec.parse("0").has_value() || codec.parse("0s").has_value();
  };
  CHECK_FALSE(any_zero({kSecond, 60 * kSecond}));
  CHECK(DurationCodec{kSecond, 60 * kSecond, Zero::off}.parse("0") == milliseconds{0});
  CHECK(DurationCodec{kSecond, 60 * kSecond, Zero::off}.parse("0s") == milliseconds{0});
  CHECK(DurationCodec{milliseconds{0}, kSecond}.parse("0") == milliseconds{0});
  CHECK_FALSE(DurationCodec{kSecond, 60 * kSecond, Zero::off}.parse("999ms").has_value());
}

TEST_CASE("a duration in steps refuses what lies between them") {
  const DurationCodec codec{kSecond, 60 * kSecond, Zero::off, kSecond};
  CHECK(codec.parse("2000ms") == 2 * kSecond);
  CHECK_FALSE(codec.parse("1500ms").has_value());
  CHECK(codec.expected() ==
        "a duration from 1s to 1m in steps of 1s, or 0 for none (units ms, s, m, h, d)");
}

TEST_CASE("a duration is printed in the largest unit that fits and reads back the same") {
  const DurationCodec codec{milliseconds{0}, 1000 * 24 * 3600 * kSecond};
  for (const auto& [value, text] : {std::pair{0LL, "0"},
                                    {1LL, "1ms"},
                                    {1'500LL, "1500ms"},
                                    {2'000LL, "2s"},
                                    {60'000LL, "1m"},
                                    {90'000LL, "90s"},
                                    {3'600'000LL, "1h"},
                                    {86'400'000LL, "1d"}}) {
    CAPTURE(text);
    CHECK(codec.print(milliseconds{value}) == text);
    CHECK(codec.parse(text) == milliseconds{value});
  }
}

TEST_CASE("sizes mean what they mean in redis.conf") {
  const BytesCodec codec{0, 1ULL << 40U};
  CHECK(codec.parse("0") == 0);
  CHECK(codec.parse("1000") == 1'000);
  CHECK(codec.parse("10b") == 10);
  CHECK(codec.parse("1k") == 1'000);
  CHECK(codec.parse("1kb") == 1'024);
  CHECK(codec.parse("1m") == 1'000'000);
  CHECK(codec.parse("1mb") == kMegabyte);
  CHECK(codec.parse("1g") == 1'000'000'000);
  CHECK(codec.parse("1gb") == 1024 * kMegabyte);
  CHECK(codec.parse("1GB") == codec.parse("1gB"));
  for (const char* text : {"", "mb", "1 mb", "1.5mb", "-1", "1tb", "1kib", "1mbb", "01kb",
                           "1099511627777", "18446744073709551615gb"}) {
    CAPTURE(text);
    CHECK_FALSE(codec.parse(text).has_value());
  }
}

TEST_CASE("a size has a range, and a zero that can mean none") {
  const BytesCodec codec{kMegabyte, 2 * kMegabyte, Zero::off};
  CHECK(codec.parse("0") == 0);
  CHECK(codec.parse("1mb") == kMegabyte);
  CHECK_FALSE(codec.parse("1").has_value());
  CHECK_FALSE(codec.parse("3mb").has_value());
  CHECK_FALSE(BytesCodec{kMegabyte, 2 * kMegabyte}.parse("0").has_value());
  CHECK(codec.expected() == "a size from 1mb to 2mb, or 0 for none (bytes, or with kb, mb, gb)");
}

TEST_CASE("a size is printed in the largest binary unit that fits and reads back the same") {
  const BytesCodec codec;
  for (const auto& [value, text] : {std::pair{std::uint64_t{0}, "0"},
                                    {std::uint64_t{1'000}, "1000"},
                                    {std::uint64_t{1'025}, "1025"},
                                    {std::uint64_t{65'536}, "64kb"},
                                    {kMegabyte, "1mb"},
                                    {1'536 * kMegabyte, "1536mb"},
                                    {1'024 * kMegabyte, "1gb"}}) {
    CAPTURE(text);
    CHECK(codec.print(value) == text);
    CHECK(codec.parse(text) == value);
  }
}

TEST_CASE("text is taken as it is unless a terminal would act on it") {
  const TextCodec codec;
  CHECK(codec.parse("") == "");
  CHECK(codec.parse("null ~ 'x' \"y\" \\ \xc3\xa4") == "null ~ 'x' \"y\" \\ \xc3\xa4");
  for (const std::string_view text :
       {std::string_view("a\nb"), std::string_view("a\0b", 3), std::string_view("\x1b[31m"),
        std::string_view("\xff"), std::string_view("\xc2\x9b")}) {
    CHECK_FALSE(codec.parse(text).has_value());
  }
}

TEST_CASE("a host that may be left out is a name or an address without brackets and port") {
  const OptionalHostCodec codec;
  for (const char* text : {"", "10.0.0.1", "slotway.example.com", "::1", "fe80::2"}) {
    CAPTURE(text);
    REQUIRE(codec.parse(text).has_value());
    CHECK(codec.print(*codec.parse(text)) == text);
  }
  for (const char* text : {"10.0.0.1:6380", "[::1]", "a b", "host:", ":1:", "-", "a/b", "\n"}) {
    CAPTURE(text);
    CHECK_FALSE(codec.parse(text).has_value());
  }
}

TEST_CASE("a secret is never printed") {
  const SecretCodec codec;
  CHECK(codec.parse("geheim") == "geheim");
  CHECK(codec.print("geheim") == "<hidden>");
  CHECK(codec.print("") == "");
  CHECK(codec.print(codec.parse("<hidden>").value()) == "<hidden>");
}

TEST_CASE("an optional address is switched off by the empty text") {
  const OptionalBindAddressCodec codec;
  REQUIRE(codec.parse("").has_value());
  CHECK_FALSE(codec.parse("")->has_value());
  CHECK(codec.parse("[::]:9380").value() == HostPort{"::", 9380});
  CHECK_FALSE(codec.parse("off").has_value());
  CHECK(codec.print(std::nullopt) == "");
}

TEST_CASE("an enumerator is known by its exact name") {
  enum class Colour { red, green };
  constexpr std::array<std::string_view, 2> kNames{"red", "green"};
  const EnumCodec<Colour> codec{kNames};
  CHECK(codec.parse("green") == Colour::green);
  CHECK(codec.print(Colour::red) == "red");
  CHECK_FALSE(codec.parse("Green").has_value());
  CHECK_FALSE(codec.parse("").has_value());
  CHECK(codec.expected() == "one of red, green");
}

TEST_CASE("a switch is true or false, in the words of YAML or of redis.conf") {
  const SwitchCodec codec;
  CHECK(codec.parse("true") == true);
  CHECK(codec.parse("yes") == true);
  CHECK(codec.parse("false") == false);
  CHECK(codec.parse("no") == false);
  CHECK(codec.print(true) == "true");
  CHECK(codec.print(false) == "false");
  for (const char* text : {"", "1", "0", "True", "on", "yes "}) CHECK_FALSE(codec.parse(text));
}

}  // namespace slotway::config
