#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::server {

/// Gathers keys as the elements of a reply, each of them once, up to a limit of bytes.
///
/// The keys lie one after the other as they will be sent; an open hash table of their offsets, half
/// empty at most, finds those that are there already. That is 16 to 32 bytes a key beside the
/// reply.
class KeyCollector {
 public:
  explicit KeyCollector(std::uint64_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}

  /// Once a key has made it too much, nothing more is taken.
  void add(std::string_view key);

  [[nodiscard]] bool overflown() const noexcept { return overflown_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// An array of the keys. Once only.
  [[nodiscard]] std::string take_reply();

 private:
  static constexpr std::size_t kEmpty = 0;  // offsets are kept plus one
  static constexpr std::size_t kSmallestTable = 64;

  [[nodiscard]] std::string_view key_at(std::size_t offset) const noexcept;
  [[nodiscard]] std::size_t& place_of(std::string_view key) noexcept;
  void grow();

  std::uint64_t limit_bytes_;
  std::string elements_;
  std::vector<std::size_t> table_;
  std::size_t count_ = 0;
  bool overflown_ = false;
};

}  // namespace slotway::server
