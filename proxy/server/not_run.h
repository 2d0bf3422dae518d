#pragma once

#include <chrono>
#include <string_view>

#include "stats/worker_stats.h"

namespace slotway::server {

/// An error by which a node says that it has not executed the request and that trying again later
/// may help.
struct NotRun {
  std::string_view prefix;
  stats::Redirect kind;
  std::chrono::nanoseconds delay;
  bool refresh;  ///< the node's place in the cluster may have changed
};

/// Null if the text is that of any other error. MOVED and ASK are not among them, see
/// cluster/redirect.h.
[[nodiscard]] const NotRun* find_not_run(std::string_view error_text) noexcept;

/// The text of an error frame: "-text\r\n", or in RESP3 also "!size\r\ntext\r\n".
[[nodiscard]] inline std::string_view error_text(std::string_view frame) noexcept {
  if (frame.front() == '!') frame.remove_prefix(frame.find('\n'));
  return frame.substr(1, frame.size() - 3);
}

}  // namespace slotway::server
