#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::server {

/// What a client with CLIENT TRACKING is told to forget.
struct Invalidation {
  /// True: everything; `keys` is empty then.
  bool all = false;
  std::vector<std::string_view> keys{};
};

/// Reads the push of a node; nothing if it is another one. The keys point into the frame.
[[nodiscard]] std::optional<Invalidation> parse_invalidation(std::string_view frame);

/// The push for a client in RESP3.
[[nodiscard]] std::string invalidation_push(const Invalidation& invalidation);

/// The message for a RESP2 client that others redirect theirs to: one of pub/sub.
[[nodiscard]] std::string invalidation_message(const Invalidation& invalidation);

}  // namespace slotway::server
