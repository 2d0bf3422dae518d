#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace slotway::command {

/// What there is to say of a command that is not refused, for COMMANDS.md. Kept next to the
/// overrides: whoever changes what is done with a command finds here what clients are told of it.
struct Remark {
  enum class Kind : std::uint8_t {
    difference,  ///< a client may notice that this is not one Redis
    as_redis,    ///< one Redis does the same; said because a reader might not expect it
  };
  std::string_view name;  ///< as in the command table; "container|*": its subcommands but HELP
  Kind kind;
  std::string_view text;  ///< one phrase, without a full stop
};

/// Null if there is nothing to say that its route does not say.
[[nodiscard]] const Remark* find_remark(std::string_view name) noexcept;

[[nodiscard]] std::span<const Remark> remarks() noexcept;

}  // namespace slotway::command
