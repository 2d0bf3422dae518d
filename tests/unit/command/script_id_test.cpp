#include "command/script_id.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using slotway::command::ScriptId;

namespace {

std::string name_of(std::string_view body) {
  const auto digits = ScriptId::of(body).digits();
  return {digits.data(), digits.size()};
}

/// Bytes of every value in an order that a wrong word or block order would show.
std::string sample(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>((i * 7 + size) % 256));
  return text;
}

}  // namespace

TEST_CASE("a script's name is the SHA-1 of its text, whatever its length") {
  // Of Python's hashlib; the lengths lie around the ends of a block and of its padding.
  const std::pair<std::size_t, const char*> expected[] = {
      {0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {1, "bf8b4530d8d246dd74ac53a13471bba17941dff7"},
      {3, "4201de9f98cb0a9b8cf52398be7802b55d45266a"},
      {55, "63ac9708fb581dd150d3647549f9e0cb51dcf1df"},
      {56, "5a0c4d0eb2f15e05bbbff6b8dada9ae767fc03f0"},
      {57, "4e77d3077d2ab5167db3434c31cac3d15a3afc12"},
      {63, "d94ff3ad53f9b9327704b812ee9c1f3abbba3d48"},
      {64, "5f55a35e13f1865e7ffc22dca1275b1a49b0ff56"},
      {65, "d7f8931010f8342a97383e1410a58c47d057708b"},
      {119, "774001b5ad1f46b40c48e1b94cb092c593ead25b"},
      {120, "6ebf3111dc761f11b13f29df0484848785385973"},
      {128, "0a44ac02432f6ead67d86fcb70a4d8ce589e50ec"},
      {1000, "7461968a9edb9b418224f1acb305d2feeaa10ba5"},
  };
  for (const auto& [size, name] : expected) CHECK(name_of(sample(size)) == name);
  CHECK(name_of("return 1") == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST_CASE("a name is read in upper and lower case and written in lower case") {
  const auto id = ScriptId::parse("E0E1F9fabfc9d4800c877a703b823ac0578ff8db");
  REQUIRE(id.has_value());
  CHECK(*id == ScriptId::of("return 1"));
  const auto digits = id->digits();
  CHECK(std::string(digits.data(), digits.size()) == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST_CASE("what is no name of a script is not read as one") {
  CHECK_FALSE(ScriptId::parse("").has_value());
  CHECK_FALSE(ScriptId::parse("e0e1f9fabfc9d4800c877a703b823ac0578ff8d").has_value());
  CHECK_FALSE(ScriptId::parse("e0e1f9fabfc9d4800c877a703b823ac0578ff8db0").has_value());
  CHECK_FALSE(ScriptId::parse("g0e1f9fabfc9d4800c877a703b823ac0578ff8db").has_value());
  CHECK_FALSE(ScriptId::parse(std::string(40, '\0')).has_value());
}
