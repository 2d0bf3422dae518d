#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "session/client_session.h"

namespace slotway::server {

inline constexpr std::string_view kInvalidClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";

/// Redis' validateClientAttr: printable and without spaces, so that CLIENT LIST can be parsed.
[[nodiscard]] inline bool is_valid_client_name(std::string_view name) noexcept {
  return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

/// REQUIRES: is_valid_client_name(name). Empty: no name.
inline void set_client_name(session::ClientSession& session, std::string_view name) {
  if (name.empty() && session.known_details() == nullptr) return;
  session.details().name = std::string(name);
}

}  // namespace slotway::server
