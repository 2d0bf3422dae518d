#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "command/command.h"
#include "resp/request_view.h"

namespace slotway::command {

/// Where a blocking command says how long it may block.
struct BlockingTimeout {
  std::size_t argument;
  bool in_seconds;  ///< with decimals (BLPOP); else in milliseconds (XREAD)
};

/// Nothing if the command is none whose timeout we know, or if the request has none.
[[nodiscard]] std::optional<BlockingTimeout> find_blocking_timeout(
    const Command& command, const resp::RequestView& request) noexcept;

/// The time a request may block. Nothing if that is for ever (0), or if it is no time at all, which
/// the node will say in its own words.
[[nodiscard]] std::optional<std::chrono::nanoseconds> blocking_time(
    const BlockingTimeout& timeout, const resp::RequestView& request) noexcept;

/// A time to block as it is written in a request; at least a millisecond, since 0 would be for
/// ever.
[[nodiscard]] std::string blocking_time_text(const BlockingTimeout& timeout,
                                             std::chrono::nanoseconds time);

/// The streams that XREAD is to read from their end on ("$"): argument indexes of their ids. The id
/// of a stream stands behind its key by half of what follows STREAMS.
struct StreamEnd {
  std::size_t key_argument;
  std::size_t id_argument;
};
[[nodiscard]] std::vector<StreamEnd> find_stream_ends(const Command& command,
                                                      const resp::RequestView& request);

/// An argument that is to be another one.
struct Replacement {
  std::size_t argument;
  std::string text;
};
[[nodiscard]] std::string with_replaced(const resp::RequestView& request,
                                        const std::vector<Replacement>& replacements);

}  // namespace slotway::command
