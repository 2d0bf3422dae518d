#include "cluster/slot.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

using slotway::cluster::crc16;
using slotway::cluster::hash_tag;
using slotway::cluster::Slot;
using slotway::cluster::slot_of;
using namespace std::string_literals;

namespace {

/// The checksum as its definition reads, bit by bit: slow and beyond doubt.
std::uint16_t bitwise_crc16(std::string_view bytes) {
  unsigned checksum = 0;
  for (const char character : bytes) {
    checksum ^= static_cast<unsigned>(static_cast<unsigned char>(character)) << 8;
    for (int bit = 0; bit < 8; ++bit) {
      checksum <<= 1;
      if ((checksum & 0x10000) != 0) checksum ^= 0x11021;
    }
  }
  return static_cast<std::uint16_t>(checksum);
}

/// The hash tag as the cluster specification's sample code finds it.
std::string_view tag_of_specification(std::string_view key) {
  std::size_t open = 0;
  while (open < key.size() && key[open] != '{') ++open;
  if (open == key.size()) return key;
  std::size_t close = open + 1;
  while (close < key.size() && key[close] != '}') ++close;
  if (close == key.size() || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::string random_bytes(std::mt19937& random, std::size_t size, std::string_view alphabet) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    byte = alphabet.empty() ? static_cast<char>(random()) : alphabet[random() % alphabet.size()];
  }
  return bytes;
}

}  // namespace

TEST_CASE("the checksum of the specification's example is 0x31C3") {
  CHECK(crc16("123456789") == 0x31C3);
}

TEST_CASE("keys fall into the slots that redis-server 7.0.15 tells with CLUSTER KEYSLOT") {
  CHECK(slot_of("").value() == 0);
  CHECK(slot_of("foo").value() == 12182);
  CHECK(slot_of("bar").value() == 5061);
  CHECK(slot_of("hello").value() == 866);
  CHECK(slot_of("a").value() == 15495);
  CHECK(slot_of("123456789").value() == 12739);
  CHECK(slot_of("user1000").value() == 3443);
  CHECK(slot_of("{user1000}.following").value() == 3443);
  CHECK(slot_of("{user1000}.followers").value() == 3443);
  CHECK(slot_of("foo{}{bar}").value() == 8363);
  CHECK(slot_of("foo{{bar}}zap").value() == 4015);
  CHECK(slot_of("foo{bar}{zap}").value() == 5061);
}

TEST_CASE("the checksum agrees with a bitwise one for random bytes of every short length") {
  std::mt19937 random(20'240'601);
  for (std::size_t size = 0; size <= 300; ++size) {
    for (int round = 0; round < 50; ++round) {
      const std::string bytes = random_bytes(random, size, "");
      REQUIRE(crc16(bytes) == bitwise_crc16(bytes));
    }
  }
}

TEST_CASE("the checksum looks at no byte outside its string") {
  // Each length at each alignment, in a block that ends right behind it; a sanitizer sees the rest.
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t shift = 0; shift < 8; ++shift) {
      const std::string block(shift + size, '\x5a');
      const std::string_view bytes = std::string_view(block).substr(shift);
      REQUIRE(crc16(bytes) == bitwise_crc16(bytes));
    }
  }
}

TEST_CASE(
    "the hash tag is what stands between the first brace and the first closing one after it") {
  CHECK(hash_tag("{user1000}.following") == "user1000");
  CHECK(hash_tag("foo{bar}{zap}") == "bar");
  CHECK(hash_tag("foo{{bar}}zap") == "{bar");
  CHECK(hash_tag("a{b}c{d}") == "b");
  CHECK(hash_tag("}{a}") == "a");
  CHECK(hash_tag("}}}{a}b") == "a");
  CHECK(hash_tag("{ }") == " ");
  CHECK(hash_tag("{\0}x"s) == "\0"s);
}

TEST_CASE("without a proper tag the whole key counts") {
  for (const std::string_view key :
       {"", "{", "}", "{}", "{}{a}", "foo{}{bar}", "}{", "{a", "a{", "a}", "a}b{c", "plain"}) {
    CAPTURE(key);
    CHECK(hash_tag(key) == key);
    CHECK(slot_of(key) == Slot::from_checksum(bitwise_crc16(key)));
  }
}

TEST_CASE("a brace is found at every place of a key of every length") {
  for (std::size_t size = 3; size <= 80; ++size) {
    for (std::size_t open = 0; open + 2 < size; ++open) {
      std::string key(size, 'k');
      key[open] = '{';
      key[size - 1] = '}';
      const std::string_view tag = std::string_view(key).substr(open + 1, size - open - 2);
      REQUIRE(slot_of(key) == Slot::from_checksum(bitwise_crc16(tag)));
    }
  }
}

TEST_CASE("slots agree with the specification's code for random keys full of braces") {
  std::mt19937 random(7);
  for (int round = 0; round < 200'000; ++round) {
    const std::string key = random_bytes(random, random() % 40, "{}ab|z\x7a\x7c");
    REQUIRE(slot_of(key) == Slot::from_checksum(bitwise_crc16(tag_of_specification(key))));
  }
}

TEST_CASE("slots agree with the specification's code for random binary keys") {
  std::mt19937 random(8);
  for (int round = 0; round < 100'000; ++round) {
    const std::string key = random_bytes(random, random() % 64, "");
    REQUIRE(slot_of(key) == Slot::from_checksum(bitwise_crc16(tag_of_specification(key))));
  }
}

TEST_CASE("bytes that differ from a brace in one bit are no brace") {
  for (int bit = 0; bit < 8; ++bit) {
    std::string key = "aaaa.bb}cccc";
    key[4] = static_cast<char>('{' ^ (1 << bit));
    CAPTURE(bit);
    CHECK(slot_of(key) == Slot::from_checksum(bitwise_crc16(key)));
  }
}

TEST_CASE("only numbers from 0 to 16383 are slots") {
  CHECK(Slot::from_number(0)->value() == 0);
  CHECK(Slot::from_number(16383)->value() == 16383);
  CHECK(Slot::from_number(16383) == Slot::constant(16383));
  CHECK_FALSE(Slot::from_number(-1));
  CHECK_FALSE(Slot::from_number(16384));
  CHECK_FALSE(Slot::from_number(65536));
  CHECK_FALSE(Slot::from_number(INT64_MIN));
  CHECK_FALSE(Slot::from_number(INT64_MAX));
}
