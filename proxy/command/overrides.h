#pragma once

#include "command/command.h"

namespace slotway::command {

/// Decides what Slotway does with a command: sets route, refusal and, where the servers' tips are
/// not to be trusted, the response policy. Called by CommandTable for each command of a new table,
/// after the facts are complete (subcommands included).
///
/// An entry of the override list in overrides.cpp comes first, then a default from the facts:
///   - keys: by_key, or handler if the command may block the connection;
///   - no keys: the fan-out that the tips name, handler where a tip says "special", else any_shard;
///   - no keys and marked admin, pubsub or noscript: refused, because what Slotway has never heard
///   of
///     could stop a node or change a connection that many clients share;
///   - a container: handler, since only its subcommands mean anything.
///
/// Invariant: nothing that changes the state of a connection is ever by_key, split or any_shard.
void decide_route(Command& command);

}  // namespace slotway::command
