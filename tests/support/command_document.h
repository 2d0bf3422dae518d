#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "command/command_table.h"
#include "server/handler.h"

namespace slotway::test {

/// What becomes of a command of a single Redis when it is sent to Slotway.
enum class Outcome : std::uint8_t { works, works_differently, refused };

struct CommandOutcome {
  std::string name;  ///< as people write it: "CONFIG GET"
  bool is_newer;     ///< not known to redis-server 7.0
  Outcome outcome;
  std::string explanation;  ///< the difference or the reason; may be empty if it works
};

/// The outcome of each command, from what the dispatcher would do with it and from
/// command/differences.cpp, sorted by name. Containers without a meaning of their own (ACL, CLIENT)
/// are left out: their subcommands stand for them.
[[nodiscard]] std::vector<CommandOutcome> command_outcomes(const command::CommandTable& commands);

/// proxy/COMMANDS.md.
[[nodiscard]] std::string command_document(const std::vector<CommandOutcome>& outcomes);

}  // namespace slotway::test
