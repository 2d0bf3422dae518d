#pragma once

#include <cstdint>
#include <string_view>

#include "resp/length.h"
#include "resp/reply_scanner.h"

namespace slotway::resp {

/// The reply itself: attributes, which a RESP3 server may put in front of it ("|1 ..."), say
/// something about it and are no part of its value. REQUIRES: frame is complete.
/// https://redis.io/docs/latest/develop/reference/protocol-spec/#attributes
[[nodiscard]] inline std::string_view without_attributes(std::string_view frame) noexcept {
  while (frame.starts_with('|')) {
    const Length pairs = read_length(frame.substr(1));
    frame.remove_prefix(1 + pairs.consumed);
    for (std::int64_t left = 2 * pairs.value; left > 0; --left) {
      frame.remove_prefix(scan_frame(frame).consumed);
    }
  }
  return frame;
}

}  // namespace slotway::resp
