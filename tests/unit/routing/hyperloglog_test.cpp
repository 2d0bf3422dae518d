#include "routing/hyperloglog.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using slotway::routing::HyperLogLog;
using Merge = HyperLogLog::Merge;

namespace {

constexpr std::size_t kRegisters = 16384;

std::string header(char encoding) {
  std::string text = "HYLL";
  text.push_back(encoding);
  return text + std::string(11, '\0');
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Strings of redis-server 7.0.15 after PFADD of "e0", "e1", ...
std::string recorded_1() { return header(1) + from_hex("4525807ad8"); }
std::string recorded_5() { return header(1) + from_hex("452580656084430d844fbe8440f48441b1"); }
std::string recorded_40() {
  return header(1) +
         from_hex(
             "42358840e280420a8044528042da84450e8442958440d38042638040ef8c406f804386804147804163"
             "804164842188118041828440948844a7901184425f8c40e48440e180422a84410384458e88413c8803"
             "8040788040dc804449803384407984419384408880406a840d80398013804152");
}

std::string dense(const std::vector<std::uint8_t>& registers) {
  std::string bits(kRegisters * 6 / 8, '\0');
  for (std::size_t index = 0; index < kRegisters; ++index) {
    for (std::size_t bit = 0; bit < 6; ++bit) {
      if ((registers[index] >> bit & 1) == 0) continue;
      const std::size_t at = index * 6 + bit;
      bits[at / 8] = static_cast<char>(bits[at / 8] | 1 << at % 8);
    }
  }
  return header(0) + bits;
}

/// One opcode for each run of equal registers. Values up to 32 only.
std::string sparse(const std::vector<std::uint8_t>& registers) {
  std::string text = header(1);
  for (std::size_t index = 0; index < kRegisters;) {
    const std::uint8_t value = registers[index];
    const std::size_t longest = value == 0 ? 16384 : 4;
    std::size_t run = 1;
    while (run < longest && index + run < kRegisters && registers[index + run] == value) ++run;
    if (value > 0) {
      text.push_back(static_cast<char>(0x80 | (value - 1) << 2 | (run - 1)));
    } else if (run <= 64) {
      text.push_back(static_cast<char>(run - 1));
    } else {
      text.push_back(static_cast<char>(0x40 | (run - 1) >> 8));
      text.push_back(static_cast<char>((run - 1) & 0xff));
    }
    index += run;
  }
  return text;
}

std::uint64_t count_of(std::initializer_list<std::string> values) {
  const auto all = std::make_unique<HyperLogLog>();
  for (const std::string& value : values) REQUIRE(all->merge(value) == Merge::merged);
  return all->count();
}

}  // namespace

TEST_CASE("strings of a server are counted as the server counts them") {
  CHECK(count_of({}) == 0);
  CHECK(count_of({recorded_1()}) == 1);
  CHECK(count_of({recorded_5()}) == 5);
  CHECK(count_of({recorded_40()}) == 40);
  CHECK(count_of({recorded_5(), recorded_40(), recorded_1()}) == 40);
}

TEST_CASE("both encodings of the same registers are the same") {
  std::vector<std::uint8_t> registers(kRegisters);
  for (std::size_t i = 0; i < kRegisters; ++i) {
    registers[i] = static_cast<std::uint8_t>(i % 7 == 0 ? i * 31 % 33 : 0);
  }
  const std::uint64_t count = count_of({dense(registers)});
  CHECK(count > 1000);
  CHECK(count_of({sparse(registers)}) == count);
  CHECK(count_of({sparse(registers), dense(registers)}) == count);
}

TEST_CASE("a union has the larger one of each register") {
  std::vector<std::uint8_t> a(kRegisters, 2);
  std::vector<std::uint8_t> b(kRegisters, 0);
  b[3] = 30;
  b[kRegisters - 1] = 1;
  std::vector<std::uint8_t> both = a;
  both[3] = 30;
  CHECK(count_of({dense(a), sparse(b)}) == count_of({dense(both)}));
}

TEST_CASE("a string that is no HyperLogLog is told from a damaged one") {
  HyperLogLog all;
  CHECK(all.merge("") == Merge::not_one);
  CHECK(all.merge("hello, world, and more of it") == Merge::not_one);
  CHECK(all.merge(header(2)) == Merge::not_one);
  CHECK(all.merge(header(0)) == Merge::not_one);
  CHECK(all.merge(header(0) + std::string(12287, '\0')) == Merge::not_one);
  CHECK(all.merge(header(1)) == Merge::corrupted);                       // no registers at all
  CHECK(all.merge(header(1) + from_hex("7ffe")) == Merge::corrupted);    // one too few
  CHECK(all.merge(header(1) + from_hex("7fff00")) == Merge::corrupted);  // one too many
  CHECK(all.merge(header(1) + from_hex("7fff80")) == Merge::corrupted);  // a value too many
  CHECK(all.merge(header(1) + from_hex("7f")) == Merge::corrupted);      // half an opcode
  CHECK(all.merge(header(1) + from_hex("7fff")) == Merge::merged);       // all zeros
  CHECK(all.count() == 0);
}
