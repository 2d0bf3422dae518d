#include "cluster/slot.h"

#include <array>
#include <bit>
#include <cstring>

namespace slotway::cluster {
namespace {

constexpr std::size_t kWordBytes = 8;

using Table = std::array<std::uint16_t, 256>;

/// tables[n][b] is what byte b contributes to the checksum when n more bytes follow it in its word,
/// so that the eight bytes of a word are looked up independently of one another instead of each
/// waiting for its predecessor. Entries are byte-swapped: the first byte of a word then lies
/// in its low bits, which is where a little-endian machine loads it.
consteval std::array<Table, kWordBytes> make_tables() {
  std::array<Table, kWordBytes> plain{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned checksum = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      checksum = (checksum << 1) ^ ((checksum & 0x8000) != 0 ? 0x1021U : 0U);
    }
    plain[0][byte] = static_cast<std::uint16_t>(checksum);
  }
  for (std::size_t following = 1; following < kWordBytes; ++following) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      const unsigned shorter = plain[following - 1][byte];
      plain[following][byte] =
          static_cast<std::uint16_t>((shorter << 8) ^ plain[0][(shorter >> 8) & 0xff]);
    }
  }
  for (Table& table : plain) {
    for (std::uint16_t& entry : table) entry = std::byteswap(entry);
  }
  return plain;
}

constexpr std::array<Table, kWordBytes> kTables = make_tables();

template <typename Word>
Word load(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}

/// The first size % 8 bytes, at the end of a word that zeros fill up from the front. Zeros before a
/// message do not change a checksum that starts at zero, so no byte has to be treated singly.
std::uint64_t load_head(const char* bytes, std::size_t size) noexcept {
  const std::size_t head = size % kWordBytes;
  const std::size_t padding_bits = 8 * (kWordBytes - head);
  if (size >= kWordBytes) return load<std::uint64_t>(bytes) << padding_bits;
  if (head >= 4) {
    const std::uint64_t first = load<std::uint32_t>(bytes);
    const std::uint64_t last = load<std::uint32_t>(bytes + head - 4);
    return (first << padding_bits) | (last << 32);
  }
  const auto byte_at = [bytes](std::size_t index) {
    return std::uint64_t{static_cast<unsigned char>(bytes[index])};
  };
  const std::size_t middle = head / 2;
  return (byte_at(0) << padding_bits) | (byte_at(middle) << (padding_bits + 8 * middle)) |
         (byte_at(head - 1) << 56);
}

/// What the byte at a place of a word adds to the checksum.
template <std::size_t kPlace>
unsigned share(std::uint64_t word) noexcept {
  return kTables[kWordBytes - 1 - kPlace][(word >> (8 * kPlace)) & 0xff];
}

/// The checksum of everything before the word has been added to its first two bytes already.
/// Written out because g++ leaves a loop rolled at -O2, which triples the instructions.
unsigned checksum_of_word(std::uint64_t word) noexcept {
  return share<0>(word) ^ share<1>(word) ^ share<2>(word) ^ share<3>(word) ^ share<4>(word) ^
         share<5>(word) ^ share<6>(word) ^ share<7>(word);
}

/// Not zero if and only if one of the eight bytes is '{' ("haszero" of Anderson's Bit Twiddling
/// Hacks).
std::uint64_t opening_braces(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t zero_where_brace = word ^ (kOnes * '{');
  return (zero_where_brace - kOnes) & ~zero_where_brace & (kOnes << 7);
}

struct Pass {
  std::uint16_t checksum;
  bool has_brace;
};

/// One pass does both jobs, since most keys have no tag: their checksum is done when it turns out
/// that nothing had to be cut out.
[[gnu::always_inline]] inline Pass pass_over(std::string_view bytes) noexcept {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  unsigned checksum = 0;
  std::uint64_t braces = 0;
  if (const std::size_t head = bytes.size() % kWordBytes; head != 0) {
    const std::uint64_t word = load_head(at, bytes.size());
    checksum = checksum_of_word(word);
    braces = opening_braces(word);
    at += head;
  }
  for (; at != end; at += kWordBytes) {
    const std::uint64_t word = load<std::uint64_t>(at);
    checksum = checksum_of_word(word ^ checksum);
    braces |= opening_braces(word);
  }
  return {std::byteswap(static_cast<std::uint16_t>(checksum)), braces != 0};
}

}  // namespace

std::uint16_t crc16(std::string_view bytes) noexcept { return pass_over(bytes).checksum; }

std::string_view hash_tag(std::string_view key) noexcept {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

/// Apart, so that the common case above it needs no registers saved.
[[gnu::noinline]] static Slot slot_of_tagged(std::string_view key) noexcept {
  return Slot::from_checksum(crc16(hash_tag(key)));
}

Slot slot_of(std::string_view key) noexcept {
  const Pass pass = pass_over(key);
  if (!pass.has_brace) [[likely]]
    return Slot::from_checksum(pass.checksum);
  return slot_of_tagged(key);
}

}  // namespace slotway::cluster
