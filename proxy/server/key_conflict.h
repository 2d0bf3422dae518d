#pragma once

#include <string_view>

#include "command/command_table.h"

namespace slotway::server {

/// True if two messages, each of one or more requests as arrays of bulk strings, name a key in
/// common. What names no key has none in common with anything.
[[nodiscard]] bool share_a_key(const command::CommandTable& commands, std::string_view first,
                               std::string_view second);

}  // namespace slotway::server
