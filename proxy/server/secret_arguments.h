#pragma once

#include <cstddef>
#include <string_view>

#include "command/command.h"

namespace slotway::server {

/// Stands where a secret was.
inline constexpr std::string_view kRedacted = "(redacted)";

/// Tells which arguments of a request are secret (passwords), so that nothing that is kept or shown
/// of requests contains them.
class SecretArguments {
 public:
  explicit SecretArguments(const command::Command& command) noexcept : command_(command) {}

  /// To be asked of each argument in order, from the command's name on.
  [[nodiscard]] bool is_secret(std::string_view argument) noexcept;

 private:
  [[nodiscard]] std::size_t secrets_after(std::string_view word, bool is_name) const noexcept;

  const command::Command& command_;
  std::size_t secrets_ = 0;  // how many of the next arguments
  bool is_first_ = true;
};

}  // namespace slotway::server
