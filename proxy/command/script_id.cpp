#include "command/script_id.h"

#include <bit>

namespace slotway::command {

namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::string_view kDigitCharacters = "0123456789abcdef";

using State = std::array<std::uint32_t, 5>;

std::uint32_t big_endian_word(const std::uint8_t* bytes) noexcept {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | std::uint32_t{bytes[3]};
}

/// SHA-1 of one block; names and constants as in FIPS 180-4, section 6.1.2.
void add_block(State& state, const std::uint8_t* block) noexcept {
  std::array<std::uint32_t, 80> schedule;
  for (std::size_t t = 0; t < 16; ++t) schedule[t] = big_endian_word(block + 4 * t);
  for (std::size_t t = 16; t < schedule.size(); ++t) {
    schedule[t] =
        std::rotl(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  const auto step = [&](std::uint32_t mixed, std::uint32_t constant, std::uint32_t word) {
    const std::uint32_t next = std::rotl(a, 5) + mixed + e + constant + word;
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (std::size_t t = 0; t < 20; ++t) step((b & c) | (~b & d), 0x5a827999, schedule[t]);
  for (std::size_t t = 20; t < 40; ++t) step(b ^ c ^ d, 0x6ed9eba1, schedule[t]);
  for (std::size_t t = 40; t < 60; ++t) {
    step((b & c) | (b & d) | (c & d), 0x8f1bbcdc, schedule[t]);
  }
  for (std::size_t t = 60; t < 80; ++t) step(b ^ c ^ d, 0xca62c1d6, schedule[t]);
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
}

int digit_value(char digit) noexcept {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

ScriptId ScriptId::of(std::string_view body) noexcept {
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(body.data());
  std::size_t left = body.size();
  for (; left >= kBlockBytes; left -= kBlockBytes, bytes += kBlockBytes) add_block(state, bytes);

  // The rest, a bit that ends it, zeros, and the length in bits in the last eight bytes.
  std::array<std::uint8_t, 2 * kBlockBytes> end{};
  if (left > 0) std::memcpy(end.data(), bytes, left);
  end[left] = 0x80;
  const std::size_t size = left + 1 + 8 <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  const std::uint64_t bits = std::uint64_t{body.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i) {
    end[size - 1 - i] = static_cast<std::uint8_t>(bits >> (8 * i));
  }
  for (std::size_t at = 0; at < size; at += kBlockBytes) add_block(state, end.data() + at);

  ScriptId id;
  for (std::size_t i = 0; i < kBytes; ++i) {
    id.bytes_[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  }
  return id;
}

std::optional<ScriptId> ScriptId::parse(std::string_view digits) noexcept {
  if (digits.size() != kDigits) return std::nullopt;
  ScriptId id;
  for (std::size_t i = 0; i < kBytes; ++i) {
    const int high = digit_value(digits[2 * i]);
    const int low = digit_value(digits[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return id;
}

std::array<char, ScriptId::kDigits> ScriptId::digits() const noexcept {
  std::array<char, kDigits> text;
  for (std::size_t i = 0; i < kBytes; ++i) {
    text[2 * i] = kDigitCharacters[bytes_[i] >> 4U];
    text[2 * i + 1] = kDigitCharacters[bytes_[i] & 0xfU];
  }
  return text;
}

}  // namespace slotway::command
