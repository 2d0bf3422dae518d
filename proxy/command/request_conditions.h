#pragma once

#include <cstddef>

#include "resp/request_view.h"

namespace slotway::command {

/// What a command does may hang on an option that no fact of the command tells.

/// Where XREAD and XREADGROUP have their option BLOCK, which stands before STREAMS; 0 without it.
[[nodiscard]] std::size_t find_block_option(const resp::RequestView& request) noexcept;

/// XREAD and XREADGROUP wait only with BLOCK. Without it they are ordinary commands with keys.
[[nodiscard]] inline bool asks_to_block(const resp::RequestView& request) noexcept {
  return find_block_option(request) != 0;
}

/// MSETEX numkeys key value [key value ...] with NX or XX behind the pairs sets all keys or none,
/// and so must never be split. Also true if numkeys is malformed: then there is nothing to split.
[[nodiscard]] bool sets_all_or_nothing(const resp::RequestView& request) noexcept;

}  // namespace slotway::command
