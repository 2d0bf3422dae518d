#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "config/address.h"

namespace slotway::config {

// A codec turns the text of one scalar into a typed value and back, and says in words what it
// takes:
//
//   using Type = ...;
//   static constexpr bool kQuoted;                        // its text needs quotes in YAML
//   std::optional<Type> parse(std::string_view) const;    // nothing: refused, for whatever reason
//   std::string print(const Type&) const;                 // parse(print(x)) == x
//   std::string expected() const;                         // ends "..., expected "
//
// Text from the outside is judged here and nowhere else, ranges included. A new kind of setting
// needs a new codec; a new setting of a known kind only a row in setting_table.cpp.

/// Digits only: no sign, no leading zero (YAML 1.1 would read an octal number), no separators.
[[nodiscard]] std::optional<std::uint64_t> parse_digits(std::string_view text);

/// What the value zero means to a setting with a range that starts above it.
enum class Zero : std::uint8_t { refused, off };

struct CountCodec {
  using Type = std::size_t;
  static constexpr bool kQuoted = false;

  Type min = 0;
  Type max = std::numeric_limits<Type>::max();

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const;
  [[nodiscard]] std::string expected() const;
};

/// A whole number that may be negative.
struct IntegerCodec {
  using Type = std::int64_t;
  static constexpr bool kQuoted = false;

  Type min = 0;
  Type max = std::numeric_limits<Type>::max();

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const;
  [[nodiscard]] std::string expected() const;
};

/// A count, or "auto", which is zero in Settings.
struct AutoCountCodec {
  using Type = std::size_t;
  static constexpr bool kQuoted = false;

  Type max = std::numeric_limits<Type>::max();

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const;
  [[nodiscard]] std::string expected() const;
};

/// "250ms", "5s", "2m", "1h", "1d" or "0". A bare number is refused: its unit would be a guess.
struct DurationCodec {
  using Type = std::chrono::milliseconds;
  static constexpr bool kQuoted = false;

  Type min{0};
  Type max{0};
  Zero zero = Zero::refused;
  Type step{1};  ///< the value must be a multiple, for what the kernel takes in whole seconds

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const;
  [[nodiscard]] std::string expected() const;
};

/// Sizes as in redis.conf: k, m, g are powers of 1000, kb, mb, gb powers of 1024, in any case; a
/// bare number is bytes.
struct BytesCodec {
  using Type = std::uint64_t;
  static constexpr bool kQuoted = false;

  Type min = 0;
  Type max = std::numeric_limits<Type>::max();
  Zero zero = Zero::refused;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const;
  [[nodiscard]] std::string expected() const;
};

/// Any text without control characters, the empty one included.
struct TextCodec {
  using Type = std::string;
  static constexpr bool kQuoted = true;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const { return value; }
  [[nodiscard]] std::string expected() const { return "text without control characters"; }
};

/// A host name or an IP address (IPv6 without brackets), or the empty text for none.
struct OptionalHostCodec {
  using Type = std::string;
  static constexpr bool kQuoted = true;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const { return value; }
  [[nodiscard]] std::string expected() const { return "a host name or an IP address, or \"\""; }
};

/// Text that --print-config never shows. What it shows instead reads back as itself, and
/// find_stand_ins() keeps Slotway from starting with it.
struct SecretCodec {
  using Type = std::string;
  static constexpr bool kQuoted = true;
  static constexpr std::string_view kHidden = "<hidden>";

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const {
    return TextCodec{}.parse(text);
  }
  [[nodiscard]] std::string print(const Type& value) const {
    return value.empty() ? "" : std::string(kHidden);
  }
  [[nodiscard]] std::string expected() const { return TextCodec{}.expected(); }
};

/// "true" or "false"; "yes" and "no" as in redis.conf.
struct SwitchCodec {
  using Type = bool;
  static constexpr bool kQuoted = false;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const {
    if (text == "true" || text == "yes") return true;
    if (text == "false" || text == "no") return false;
    return std::nullopt;
  }
  [[nodiscard]] std::string print(const Type& value) const { return value ? "true" : "false"; }
  [[nodiscard]] std::string expected() const { return "true or false"; }
};

struct ListenAddressCodec {
  using Type = ListenAddress;
  static constexpr bool kQuoted = true;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const {
    return parse_listen_address(text);
  }
  [[nodiscard]] std::string print(const Type& value) const { return to_string(value); }
  [[nodiscard]] std::string expected() const;
};

struct RemoteAddressCodec {
  using Type = HostPort;
  static constexpr bool kQuoted = true;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const {
    return parse_remote_address(text);
  }
  [[nodiscard]] std::string print(const Type& value) const { return to_string(value); }
  [[nodiscard]] std::string expected() const;
};

/// An address to bind, or the empty text for none.
struct OptionalBindAddressCodec {
  using Type = std::optional<HostPort>;
  static constexpr bool kQuoted = true;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const;
  [[nodiscard]] std::string print(const Type& value) const {
    return value ? to_string(*value) : "";
  }
  [[nodiscard]] std::string expected() const;
};

/// The enumerators of E by name; `names` is indexed by the enumerator's value.
template <typename E>
  requires std::is_enum_v<E>
struct EnumCodec {
  using Type = E;
  static constexpr bool kQuoted = false;

  std::span<const std::string_view> names;

  [[nodiscard]] std::optional<Type> parse(std::string_view text) const {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == text) return static_cast<E>(i);
    }
    return std::nullopt;
  }
  [[nodiscard]] std::string print(const Type& value) const {
    return std::string(names[static_cast<std::size_t>(value)]);
  }
  [[nodiscard]] std::string expected() const {
    std::string result = "one of ";
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) result += ", ";
      result += names[i];
    }
    return result;
  }
};

}  // namespace slotway::config
