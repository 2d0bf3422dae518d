#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "command/command.h"

namespace slotway::command {

/// Finds top-level commands by name, without regard to case. Every request passes here, so names of
/// 2 to 16 bytes, which nearly all commands have, are found by a perfect hash: two overlapping
/// loads that never leave the name, bit 5 set in each byte (which turns upper into lower case), one
/// multiplication, one load from a table without collisions, and one comparison with what lies
/// there.
///
/// In a name with anything but letters bit 5 also makes other bytes equal ("_" and DEL), so such a
/// name is compared once more byte by byte. Longer names, and any that found their bucket taken,
/// are kept in an ordinary hash map.
///
/// Immutable. Does not own the commands: they must outlive the index and must not move.
class NameIndex {
 public:
  explicit NameIndex(std::span<const Command> commands);

  [[nodiscard]] const Command* find(std::string_view name) const noexcept {
    if (name.size() >= 8) {
      if (name.size() > kLongest) [[unlikely]]
        return find_in_map(name);
      return find_by<std::uint64_t>(name);
    }
    if (name.size() >= 4) return find_by<std::uint32_t>(name);
    if (name.size() >= kShortest) return find_by<std::uint16_t>(name);
    return find_in_map(name);
  }

  /// How many names the perfect hash does not hold; for tests.
  [[nodiscard]] std::size_t names_in_map() const noexcept { return map_.size(); }

 private:
  static constexpr std::size_t kShortest = 2;
  static constexpr std::size_t kLongest = 16;
  // With 16,384 buckets a few hundred seeds give a perfect hash for the built-in commands and those
  // of several modules. The table takes 32 KiB, of which a cache holds only what the commands in
  // use touch.
  static constexpr unsigned kBucketBits = 14;

  struct Words {
    std::uint64_t first;
    std::uint64_t last;
  };
  // Added to the size of names with anything but letters, so that the fast comparison fails for
  // them.
  static constexpr std::size_t kSpelled = std::size_t{1} << 32;

  struct Entry {
    Words words{};
    std::size_t size = 0;  // 0, in entries_[0]: equal to no name
    const Command* command = nullptr;
  };
  using Buckets = std::array<std::uint16_t, std::size_t{1} << kBucketBits>;  // index of an entry

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept;
  };

  /// The first and the last bytes of a name, in lower case if they are letters. Together with its
  /// size they are the whole name. REQUIRES: sizeof(Word) <= name.size() <= 2 * sizeof(Word).
  template <typename Word>
  [[nodiscard]] static Words load(std::string_view name) noexcept {
    // Wider than two bytes even for those: the compiler would else narrow the operation and widen
    // back.
    constexpr std::uint64_t kLowerCase = sizeof(Word) == 8 ? 0x2020202020202020 : 0x20202020;
    const char* const begin = name.data();
    Word first;
    Word last;
    std::memcpy(&first, begin, sizeof first);
    std::memcpy(&last, begin + name.size() - sizeof last, sizeof last);
    return {first | kLowerCase, last | kLowerCase};
  }

  template <typename Word>
  [[nodiscard]] const Command* find_by(std::string_view name) const noexcept {
    const Words words = load<Word>(name);
    const Entry& entry = entries_[buckets_[bucket_of(words, seed_)]];
    if (entry.words.first == words.first && entry.words.last == words.last &&
        entry.size == name.size()) [[likely]] {
      return entry.command;
    }
    return find_spelled(name, entry);
  }

  [[nodiscard]] static std::size_t bucket_of(const Words& words, std::uint64_t seed) noexcept {
    return ((words.first + words.last * 8) * seed) >> (64 - kBucketBits);
  }

  [[nodiscard]] static Words load_any(std::string_view name) noexcept;

  /// Fills buckets_ for a seed; the number of entries that found theirs taken.
  std::size_t fill(std::uint64_t seed);
  void choose_seed();
  void move_homeless_to_map();
  [[nodiscard]] const Command* find_spelled(std::string_view name,
                                            const Entry& entry) const noexcept;
  [[nodiscard]] const Command* find_in_map(std::string_view name) const noexcept;

  std::uint64_t seed_ = 1;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, const Command*, Hash, Equal> map_;
  Buckets buckets_{};
};

}  // namespace slotway::command
