#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slotway::config {

/// Bytes of the UTF-8 character at the start of `text` (1 to 4), or 0 when the bytes there are not
/// valid UTF-8 (overlong forms and surrogates included) or `text` is empty.
[[nodiscard]] std::size_t utf8_character_length(std::string_view text);

/// True if the character at the start of `text`, `length` bytes long, is a control character: C0,
/// DEL or C1. Terminals act on them, so they never go into a message as they are.
[[nodiscard]] bool is_control_character(std::string_view text, std::size_t length);

/// True if `text` is valid UTF-8 and has no control character.
[[nodiscard]] bool is_plain_text(std::string_view text);

enum class EscapeQuotes : bool { no, yes };

/// `text` with control characters, invalid bytes and backslashes written as escapes (\n, \x1b), and
/// double quotes as well if asked for.
[[nodiscard]] std::string escaped(std::string_view text, EscapeQuotes quotes);

/// `text` in double quotes, with quotes, backslashes, control characters and invalid bytes escaped.
/// YAML reads valid UTF-8 back unchanged.
[[nodiscard]] std::string quoted(std::string_view text);

/// quoted(), shortened to what fits into an error message.
[[nodiscard]] std::string quoted_excerpt(std::string_view text);

}  // namespace slotway::config
