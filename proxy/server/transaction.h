#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot.h"
#include "command/command.h"

namespace slotway::server {

/// Who runs a command that stands between MULTI and EXEC.
enum class WithinMulti : std::uint8_t {
  by_node,
  by_slotway,  ///< it concerns the client's connection to Slotway; answered when EXEC is
  refused,     ///< it takes more than one node, or changes what a shared connection is
};
[[nodiscard]] WithinMulti within_multi(const command::Command& command) noexcept;

/// The commands between a client's MULTI and its EXEC, as they will travel: one piece of bytes from
/// MULTI to EXEC, so that nobody else's command can come between them on a shared connection.
class Transaction {
 public:
  /// A command Slotway answers itself: its bytes, and its place among all commands.
  struct OwnCommand {
    std::size_t position;
    std::string bytes;
  };

  /// All commands together may take so many bytes.
  explicit Transaction(std::size_t limit_bytes);

  /// Adds a command. False if the limit is reached; it has failed then.
  [[nodiscard]] bool queue(std::string_view request, bool reads_only);
  [[nodiscard]] bool queue_own(std::string_view request);

  /// A command was refused: EXEC will be answered with EXECABORT. Lets go of all commands.
  void fail() noexcept;
  [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

  /// All keys have to lie in one slot: true if these do as well. The first keys decide.
  [[nodiscard]] bool agrees_on(cluster::Slot slot) noexcept;
  [[nodiscard]] std::optional<cluster::Slot> slot() const noexcept { return slot_; }

  [[nodiscard]] std::size_t commands() const noexcept { return node_commands_ + own_.size(); }
  [[nodiscard]] std::size_t node_commands() const noexcept { return node_commands_; }
  [[nodiscard]] const std::vector<OwnCommand>& own_commands() const noexcept { return own_; }
  [[nodiscard]] bool reads_only() const noexcept { return reads_only_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return block_.size() + own_bytes_; }

  /// MULTI, the node's commands, EXEC. Nothing can be queued afterwards.
  [[nodiscard]] std::string_view block();
  /// How many replies a node gives to that.
  [[nodiscard]] std::uint32_t replies() const noexcept {
    return static_cast<std::uint32_t>(node_commands_ + 2);
  }

 private:
  [[nodiscard]] bool has_room(std::size_t size);

  const std::size_t limit_bytes_;
  std::string block_;
  std::vector<OwnCommand> own_;
  std::size_t own_bytes_ = 0;
  std::size_t node_commands_ = 0;
  std::optional<cluster::Slot> slot_;
  bool reads_only_ = true;
  bool has_failed_ = false;
  bool is_complete_ = false;
};

}  // namespace slotway::server
