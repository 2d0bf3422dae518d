#pragma once

#include "resp/request_view.h"

namespace slotway::command {

/// What a command does may hang on an option that no fact of the command tells.

/// XREAD and XREADGROUP wait only with BLOCK, which stands before STREAMS. Without it they are
/// ordinary commands with keys.
[[nodiscard]] bool asks_to_block(const resp::RequestView& request) noexcept;

/// MSETEX numkeys key value [key value ...] with NX or XX behind the pairs sets all keys or none,
/// and so must never be split. Also true if numkeys is malformed: then there is nothing to split.
[[nodiscard]] bool sets_all_or_nothing(const resp::RequestView& request) noexcept;

}  // namespace slotway::command
