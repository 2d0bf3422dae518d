#pragma once

#include <string_view>

#include "resp/reply_cursor.h"

namespace slotway::server {

/// The text of a string reply. INFO, CLUSTER NODES and other texts for people are verbatim strings
/// in RESP3: a format of three letters and a colon stand before the text.
[[nodiscard]] inline std::string_view text_of(const resp::ReplyValue& value) noexcept {
  constexpr std::size_t kFormatBytes = 4;
  return value.type == '=' && value.text.size() >= kFormatBytes ? value.text.substr(kFormatBytes)
                                                                : value.text;
}

/// The same of a whole reply; empty if it is no string.
[[nodiscard]] inline std::string_view text_of(std::string_view reply) noexcept {
  const auto value = resp::ReplyCursor(reply).next();
  return value ? text_of(*value) : std::string_view();
}

}  // namespace slotway::server
