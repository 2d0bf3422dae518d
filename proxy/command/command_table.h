#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.h"
#include "command/name_index.h"
#include "resp/reply_tree.h"
#include "resp/request_view.h"

namespace slotway::command {

/// All commands Slotway knows: an immutable snapshot shared by the workers. Facts come from a
/// server's own words (command_facts.h, or its COMMAND reply), what to do with them from
/// overrides.h.
class CommandTable {
 public:
  CommandTable(const CommandTable&) = delete;
  CommandTable& operator=(const CommandTable&) = delete;

  /// The built-in table: what redis-server 7.0 announces plus what newer servers add.
  [[nodiscard]] static std::shared_ptr<const CommandTable> built_in();

  /// A new table: this one with the facts of a server's COMMAND reply (of Redis 5 or later, decoded
  /// as RESP2) laid over it. Commands this one knows keep their ids, also those the server does not
  /// have; new ones are appended. The error says which entry is malformed.
  [[nodiscard]] std::expected<std::shared_ptr<const CommandTable>, std::string> overlaid(
      resp::ReplyNode command_reply) const;

  /// Case-insensitive; nullptr if nobody knows the name. Containers are found by their own name
  /// ("config"), their subcommands by find_subcommand.
  [[nodiscard]] const Command* find(std::string_view name) const noexcept {
    return index_.find(name);
  }
  [[nodiscard]] const Command* find_subcommand(const Command& container,
                                               std::string_view name) const noexcept;

  /// What a request means: the command of its first argument, or of its first two if that is a
  /// container. nullptr if nobody knows it; unknown_command_error() in error_texts.h has the words.
  /// A container that is refused is refused with all that is not known of it.
  [[nodiscard]] const Command* resolve(const resp::RequestView& request) const noexcept {
    const Command* command = find(request[0]);
    if (command == nullptr || command->subcommands.empty()) [[likely]]
      return command;
    return resolve_in(*command, request);
  }

  /// REQUIRES: id < size(). Ids run from 0 to size() - 1.
  [[nodiscard]] const Command& at(CommandId id) const noexcept {
    return commands_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] std::size_t size() const noexcept { return commands_.size(); }
  [[nodiscard]] std::span<const Command> commands() const noexcept { return commands_; }

 private:
  /// Takes facts and decides routes, rules and indexes from them.
  explicit CommandTable(std::vector<Command> commands);

  [[nodiscard]] const Command* resolve_in(const Command& container,
                                          const resp::RequestView& request) const noexcept;

  std::vector<Command> commands_;  // index = CommandId; never changed once index_ points into it
  NameIndex index_;
};

}  // namespace slotway::command
