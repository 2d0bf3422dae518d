#include "config/text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

namespace slotway::config {
namespace {

constexpr std::size_t kExcerptBytes = 60;

std::uint32_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<unsigned char>(text[index]);
}

void append_escape(std::string& out, std::uint32_t byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
  }
}

}  // namespace

std::size_t utf8_character_length(std::string_view text) {
  if (text.empty()) return 0;
  const std::uint32_t first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  std::uint32_t code = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return 0;
    code = code << 6U | (byte_at(text, i) & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return overlong || surrogate || code > 0x10ffff ? 0 : length;
}

bool is_control_character(std::string_view text, std::size_t length) {
  const std::uint32_t first = byte_at(text, 0);
  if (length == 1) return first < 0x20 || first == 0x7f;
  return length == 2 && first == 0xc2 && byte_at(text, 1) < 0xa0;  // U+0080 to U+009F
}

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_character_length(text);
    if (length == 0 || is_control_character(text, length)) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string escaped(std::string_view text, EscapeQuotes quotes) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_character_length(text);
    if (length == 0 || is_control_character(text, length)) {
      append_escape(result, byte_at(text, length == 2 ? 1 : 0));
      text.remove_prefix(length == 0 ? 1 : length);
      continue;
    }
    const bool is_quote = text.front() == '"' && quotes == EscapeQuotes::yes;
    if (is_quote || text.front() == '\\') result += '\\';
    result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

std::string quoted(std::string_view text) { return '"' + escaped(text, EscapeQuotes::yes) + '"'; }

std::string quoted_excerpt(std::string_view text) {
  if (text.size() <= kExcerptBytes) return quoted(text);
  std::size_t end = 0;
  while (end < kExcerptBytes) {
    const std::size_t length = utf8_character_length(text.substr(end));
    end += length == 0 ? 1 : length;
  }
  return quoted(text.substr(0, end)) + "...";
}

}  // namespace slotway::config
