#include "admin/label_value.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace slotway::admin {
namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

// Bytes of the well-formed UTF-8 sequence at the start of `text`, 0 if it is malformed: overlong, a
// surrogate, above U+10FFFF or cut (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80U) return 1;
  const std::size_t length = first < 0xc2U   ? 0
                             : first < 0xe0U ? 2
                             : first < 0xf0U ? 3
                             : first < 0xf5U ? 4
                                             : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t index = 1; index < length; ++index) {
    if (!is_continuation(text[index])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xe0U && second < 0xa0U) || (first == 0xf0U && second < 0x90U);
  const bool surrogate = first == 0xedU && second > 0x9fU;
  const bool too_high = first == 0xf4U && second > 0x8fU;
  return overlong || surrogate || too_high ? 0 : length;
}

bool is_control(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x20U || value == 0x7fU;
}

}  // namespace

std::string label_value(std::string_view raw) {
  std::string clean;
  while (!raw.empty()) {
    const std::size_t length = sequence_length(raw);
    std::string piece;
    if (length == 0 || is_control(raw[0])) {
      fmt::format_to(std::back_inserter(piece), "\\x{:02x}", static_cast<unsigned char>(raw[0]));
    } else {
      piece = raw.substr(0, length);
    }
    if (clean.size() + piece.size() > kMaxLabelBytes) break;
    clean += piece;
    raw.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace slotway::admin
