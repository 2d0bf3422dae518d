#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "command/command.h"
#include "resp/request_view.h"

namespace slotway::server {

/// True if MONITOR shows requests of this command. Administration is not shown, as in Redis;
/// scripts are, though servers mark them as skipped because they report them in a way of their own.
[[nodiscard]] bool is_shown_to_monitors(const command::Command& command) noexcept;

/// Appends the line MONITOR shows for a request, as a whole RESP frame of either protocol:
///
///     +1700000000.123456 [0 127.0.0.1:1234] "GET" "key"
///
/// Passwords are replaced by "(redacted)" (AUTH, HELLO AUTH, MIGRATE AUTH and AUTH2), even where
/// the request is malformed. Of arguments beyond kMostShownBytes in all only their size is told, so
/// that a large value does not cost four times its memory.
void append_monitor_line(std::string& out, std::chrono::system_clock::time_point time,
                         std::string_view address, const command::Command& command,
                         const resp::RequestView& request);

inline constexpr std::size_t kMostShownBytes = std::size_t{1} << 20;

}  // namespace slotway::server
