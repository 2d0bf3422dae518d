#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace slotway::cluster {

/// A Redis Cluster divides its keys among this many hash slots.
inline constexpr std::size_t kSlotCount = 16384;

/// The number of a hash slot, always between 0 and 16383: whoever holds a Slot may index a table of
/// kSlotCount places with it. The check happens once, where the number comes from outside.
class Slot {
 public:
  constexpr Slot() noexcept = default;

  /// A slot known when the program is compiled; a number out of range does not compile.
  [[nodiscard]] static consteval Slot constant(int number) {
    if (number < 0 || number >= static_cast<int>(kSlotCount)) throw std::out_of_range("slot");
    return Slot(static_cast<std::uint16_t>(number));
  }

  /// A number from outside, such as a topology reply; nothing if it is no slot.
  [[nodiscard]] static constexpr std::optional<Slot> from_number(std::int64_t number) noexcept {
    if (number < 0 || number >= static_cast<std::int64_t>(kSlotCount)) return std::nullopt;
    return Slot(static_cast<std::uint16_t>(number));
  }

  /// The slot that a key's checksum falls into; every checksum has one.
  [[nodiscard]] static constexpr Slot from_checksum(std::uint16_t checksum) noexcept {
    return Slot(static_cast<std::uint16_t>(checksum & (kSlotCount - 1)));
  }

  [[nodiscard]] constexpr std::uint16_t value() const noexcept { return value_; }

  friend constexpr auto operator<=>(Slot, Slot) noexcept = default;

 private:
  explicit constexpr Slot(std::uint16_t value) noexcept : value_(value) {}

  std::uint16_t value_ = 0;
};

/// CRC16/XMODEM (polynomial 0x1021, starts at 0, nothing reflected), the checksum that places keys:
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
[[nodiscard]] std::uint16_t crc16(std::string_view bytes) noexcept;

/// The part of a key that decides its slot: what stands between the first '{' and the first '}'
/// after it, or the whole key if there is no such pair or nothing in between. A view into the key.
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
[[nodiscard]] std::string_view hash_tag(std::string_view key) noexcept;

/// The slot of a key, which may hold any bytes. On the way of every request.
[[nodiscard]] Slot slot_of(std::string_view key) noexcept;

}  // namespace slotway::cluster
