#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slotway::server {

/// The replies of several nodes to LATENCY HISTOGRAM as one: the calls of each command added up,
/// bucket by bucket. Nothing if a reply is no such thing.
/// https://redis.io/docs/latest/commands/latency-histogram/
[[nodiscard]] std::optional<std::string> merge_latency_histograms(
    std::span<const std::string_view> replies, int protocol);

}  // namespace slotway::server
