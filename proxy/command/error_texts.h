#pragma once

#include <string>

#include "command/command.h"
#include "command/command_table.h"
#include "resp/request_view.h"

namespace slotway::command {

/// Errors about commands in the very words of redis-server 7.0 (commandCheckExistence and
/// commandCheckArity in server.c), since clients match on them. All texts begin with "ERR " (that
/// of EXEC's arity with "EXECABORT ") and hold no CR or LF, whatever the client sent.

/// A command as people write it: "MGET", "SCRIPT EXISTS".
[[nodiscard]] std::string display_name(const Command& command);

/// For a request that CommandTable::resolve() does not know: an unknown command, or an unknown
/// subcommand of a container.
[[nodiscard]] std::string unknown_command_error(const CommandTable& table,
                                                const resp::RequestView& request);

/// For a request whose number of arguments Command::accepts_arity() does not accept.
[[nodiscard]] std::string wrong_arity_error(const Command& command);

/// For a subcommand whose number of arguments its arity allows and its syntax does not.
[[nodiscard]] std::string subcommand_syntax_error(const resp::RequestView& request);

/// For Route::refused.
[[nodiscard]] std::string refused_error(const Command& command);

}  // namespace slotway::command
