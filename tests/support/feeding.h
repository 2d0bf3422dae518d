#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::test {

/// A stream's bytes, cut into the pieces in which they arrive.
using Pieces = std::vector<std::string_view>;

[[nodiscard]] inline Pieces byte_by_byte(std::string_view bytes) {
  Pieces pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
  return pieces;
}

/// Calls `feed` with the bytes whole, byte by byte, and cut in two at every offset: what a parser
/// makes of a stream must not depend on how the stream was cut.
inline void for_each_way_to_arrive(std::string_view bytes,
                                   const std::function<void(const Pieces&)>& feed) {
  feed({bytes});
  feed(byte_by_byte(bytes));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    feed({bytes.substr(0, cut), bytes.substr(cut)});
  }
}

/// Text for failure messages: what cannot be printed is escaped.
[[nodiscard]] inline std::string printable(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    if (c >= ' ' && c <= '~' && c != '\\') {
      text.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text.append("\\x").push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

}  // namespace slotway::test
