#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string_view>

namespace slotway::command {

/// The name servers give a script: the SHA-1 of its text, which EVALSHA spells as 40 hexadecimal
/// digits. https://redis.io/docs/latest/commands/evalsha/
class ScriptId {
 public:
  static constexpr std::size_t kBytes = 20;
  static constexpr std::size_t kDigits = 2 * kBytes;

  /// Of a script's text.
  [[nodiscard]] static ScriptId of(std::string_view body) noexcept;

  /// As in EVALSHA, in either case; nothing if no script can have that name.
  [[nodiscard]] static std::optional<ScriptId> parse(std::string_view digits) noexcept;

  /// As servers write it, in lower case.
  [[nodiscard]] std::array<char, kDigits> digits() const noexcept;

  friend bool operator==(const ScriptId&, const ScriptId&) = default;

  [[nodiscard]] std::size_t hash() const noexcept {
    std::size_t first;  // any bytes of a digest are as good as a hash of it
    std::memcpy(&first, bytes_.data(), sizeof first);
    return first;
  }

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace slotway::command

template <>
struct std::hash<slotway::command::ScriptId> {
  std::size_t operator()(const slotway::command::ScriptId& id) const noexcept { return id.hash(); }
};
