#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

namespace slotway::resp {

enum class LengthStatus : std::uint8_t {
  complete,
  incomplete,
  malformed,
  too_long,  ///< a line without an end; only where the reader waits for one
};

/// A decimal length that ends in CR LF.
struct Length {
  LengthStatus status;
  std::int64_t value;
  std::size_t consumed;  ///< digits, sign and CR LF; meaningful only when the status is `complete`
};

/// Longest length line that is waited for, in bytes. Redis waits for 64 KiB of digits; no length
/// that can be accepted has more than 20, so a longer line is malformed as soon as it is seen.
inline constexpr std::size_t kLongestLengthLine = 32;

/// Reads a length at the start of `bytes`, as strict as Redis' string2ll: no plus sign, no spaces,
/// no leading zeros, and it must fit 64 bits.
[[nodiscard]] inline Length read_length(std::string_view bytes) noexcept {
  const std::size_t limit = bytes.size() < kLongestLengthLine ? bytes.size() : kLongestLengthLine;
  std::size_t index = 0;
  const bool negative = limit > 0 && bytes[0] == '-';
  if (negative) index = 1;
  const std::size_t first_digit = index;
  std::uint64_t value = 0;
  while (index < limit) {
    const auto digit = static_cast<unsigned>(bytes[index]) - unsigned{'0'};
    if (digit > 9) break;
    value = value * 10 + digit;
    ++index;
    if (index - first_digit > 19) return {LengthStatus::malformed, 0, 0};
  }
  if (index == limit) {
    const bool can_grow = limit < kLongestLengthLine;
    return {can_grow ? LengthStatus::incomplete : LengthStatus::malformed, 0, 0};
  }
  const std::size_t digits = index - first_digit;
  const bool leading_zero = digits > 0 && bytes[first_digit] == '0' && (digits > 1 || negative);
  if (digits == 0 || leading_zero || bytes[index] != '\r') return {LengthStatus::malformed, 0, 0};
  if (index + 1 == bytes.size()) return {LengthStatus::incomplete, 0, 0};
  if (bytes[index + 1] != '\n') return {LengthStatus::malformed, 0, 0};
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (value > kLargest + (negative ? 1 : 0)) return {LengthStatus::malformed, 0, 0};
  return {LengthStatus::complete, static_cast<std::int64_t>(negative ? 0 - value : value),
          index + 2};
}

/// The same for what nearly all messages have, one to three digits, in a few instructions. Returns
/// where the line ends, or null if read_length has to look: more digits, too few bytes, anything
/// unusual.
[[nodiscard]] inline const char* read_short_length(const char* at, const char* end,
                                                   std::size_t& value) noexcept {
  if (end - at < 5) return nullptr;
  // Four bytes at once, the first in the low bits: with one digit, CR LF follows at bit 8.
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  constexpr std::uint32_t kLineEnd = 0x0a0d;
  const auto digit = [word](unsigned place) { return ((word >> (8 * place)) & 0xff) - '0'; };
  const std::uint32_t first = digit(0);
  if (first > 9) return nullptr;
  if (((word >> 8) & 0xffff) == kLineEnd) {
    value = first;
    return at + 3;
  }
  if (first == 0 || digit(1) > 9) return nullptr;
  if (word >> 16 == kLineEnd) {
    value = first * 10 + digit(1);
    return at + 4;
  }
  if (digit(2) > 9 || word >> 24 != '\r' || at[4] != '\n') return nullptr;
  value = first * 100 + digit(1) * 10 + digit(2);
  return at + 5;
}

}  // namespace slotway::resp
