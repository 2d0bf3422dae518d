#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotway::routing {

/// The union of HyperLogLogs and its cardinality, to the last digit as redis-server counts it
/// (hyperloglog.c): for PFCOUNT of keys on several nodes. A HyperLogLog is a string, so GET fetches
/// it.
class HyperLogLog {
 public:
  enum class Merge : std::uint8_t {
    merged,
    not_one,    ///< the string is no HyperLogLog at all
    corrupted,  ///< it says it is one, and is damaged; what it held is merged in part
  };
  /// Makes each register the larger one of its own and the string's.
  [[nodiscard]] Merge merge(std::string_view value) noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept;

 private:
  static constexpr std::size_t kRegisters = std::size_t{1} << 14U;

  void merge_dense(std::string_view registers) noexcept;
  [[nodiscard]] bool merge_sparse(std::string_view opcodes) noexcept;
  void raise(std::size_t index, std::uint8_t value) noexcept {
    if (value > registers_[index]) registers_[index] = value;
  }

  std::array<std::uint8_t, kRegisters> registers_{};
};

}  // namespace slotway::routing
