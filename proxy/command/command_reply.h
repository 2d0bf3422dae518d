#pragma once

#include <expected>
#include <string>
#include <vector>

#include "command/command.h"
#include "resp/reply_tree.h"

namespace slotway::command {

/// One entry of a server's COMMAND reply.
struct AnnouncedCommand {
  Command
      facts;  ///< name, arity, flags, key_specs and policies; the rest is left as it is by default
  bool has_tips = false;       ///< Redis 7 and later tell policies and subcommands
  bool has_key_specs = false;  ///< if not, facts.key_specs is what first key, last key and step say
  std::vector<AnnouncedCommand>
      subcommands;  ///< named "container|sub", without subcommands of their own
};

/// Reads COMMAND as Redis 5 (6 elements an entry), 6 (7 elements) and 7 or later (10 elements) send
/// it, decoded as RESP2. Unknown words, malformed tips and malformed key specifications are passed
/// over; anything else that is malformed is an error that names its entry.
[[nodiscard]] std::expected<std::vector<AnnouncedCommand>, std::string> parse_command_reply(
    resp::ReplyNode reply);

}  // namespace slotway::command
