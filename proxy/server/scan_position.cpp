#include "server/scan_position.h"

#include <cassert>
#include <charconv>

namespace slotway::server {

namespace {

constexpr unsigned kMarkBits = 9;
constexpr unsigned kPhaseBits = 2;
constexpr unsigned kSlotBits = 14;
constexpr unsigned kPhaseShift = kMarkBits;
constexpr unsigned kSlotShift = kPhaseShift + kPhaseBits;
constexpr unsigned kNodeCursorShift = kSlotShift + kSlotBits;
static_assert(kNodeCursorShift + ScanPosition::kNodeCursorBits == 64);

constexpr std::uint64_t low_bits(std::uint64_t value, unsigned count) noexcept {
  return value & ((std::uint64_t{1} << count) - 1);
}

}  // namespace

std::string to_cursor(const ScanPosition& position) {
  assert(position.node_cursor >> ScanPosition::kNodeCursorBits == 0);
  // Before a first page there is nothing to be marked; the 1 keeps slot 0 from becoming "0".
  const std::uint64_t mark = position.node_cursor == 0 ? 1 : position.mark;
  return std::to_string(position.node_cursor << kNodeCursorShift |
                        std::uint64_t{position.slot.value()} << kSlotShift |
                        static_cast<std::uint64_t>(position.phase) << kPhaseShift | mark);
}

std::optional<ScanPosition> parse_cursor(std::string_view text) noexcept {
  if (text.empty()) return ScanPosition{};  // what strtoul makes of it, and with it Redis
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  ScanPosition position;
  position.node_cursor = number >> kNodeCursorShift;
  position.slot = *cluster::Slot::from_number(
      static_cast<std::int64_t>(low_bits(number >> kSlotShift, kSlotBits)));
  position.phase = static_cast<ScanPhase>(low_bits(number >> kPhaseShift, kPhaseBits));
  if (position.node_cursor != 0) {
    position.mark = static_cast<std::uint16_t>(low_bits(number, kMarkBits));
  }
  return position;
}

// FNV-1a, folded: any two Slotways of any version have to agree on it.
std::uint16_t scan_mark(std::string_view run_id, cluster::Slot last) noexcept {
  constexpr std::uint64_t kOffset = 0xcbf29ce484222325;
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = kOffset;
  const auto mix = [&](std::uint64_t byte) { hash = (hash ^ byte) * kPrime; };
  for (const char c : run_id) mix(static_cast<unsigned char>(c));
  mix(last.value() & 0xff);
  mix(last.value() >> 8U);
  std::uint64_t folded = 0;
  for (; hash != 0; hash >>= kMarkBits) folded ^= low_bits(hash, kMarkBits);
  return static_cast<std::uint16_t>(folded);
}

}  // namespace slotway::server
