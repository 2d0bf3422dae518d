#pragma once

#include <optional>
#include <string_view>

#include "cluster/slot.h"

namespace slotway::routing {

/// The one slot that all keys matching a glob pattern fall into: that of its hash tag, if the tag
/// and what stands before it are literal ("{user1000}:*"), or that of the key a pattern without
/// wildcards names. Nothing for all other patterns: "*{tag}" may match "{other}{tag}".
[[nodiscard]] std::optional<cluster::Slot> slot_of_pattern(std::string_view pattern) noexcept;

}  // namespace slotway::routing
