#pragma once

#include <string_view>

#include "command/command.h"

namespace slotway::command {

/// The types a command's reply may have besides an error, in RESP2 and RESP3 and under any of its
/// options and in any version; kAnyReply for scripts, functions, modules, EXEC and everything not
/// listed. The list is a guard against connections that lost count of their replies, so it leans to
/// the wide side: a mask too wide may miss a fault, one too narrow closes a healthy connection.
[[nodiscard]] ReplyTypes reply_types_of(std::string_view command_name);

}  // namespace slotway::command
