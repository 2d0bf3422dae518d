#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slotway::server {

/// The replies of several nodes to MEMORY STATS as that of one server: bytes and counts are added
/// up, ratios and percentages calculated anew from the sums (as getMemoryOverheadData in Redis'
/// object.c does), and those of newer servers that are not known here averaged. Fields keep the
/// order of the first reply. Nothing if a reply is not what MEMORY STATS gives. Replies are in the
/// protocol that is asked for, 2 or 3.
[[nodiscard]] std::optional<std::string> merge_memory_stats(
    std::span<const std::string_view> replies, int protocol);

}  // namespace slotway::server
