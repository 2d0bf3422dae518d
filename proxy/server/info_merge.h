#pragma once

#include <span>
#include <string>

#include "server/info_text.h"

namespace slotway::server {

/// One shard's INFO and the host it runs on.
struct ShardInfo {
  std::string host;
  InfoSections sections;
};

/// The INFO of several shards as that of one server that holds all of their data: what can be
/// counted is added up, shares and ratios are calculated anew from the sums, of states the worst
/// counts, of latency percentiles the highest. Sections and fields keep the order of the first
/// shard; those that only others have follow. info_merge.cpp has the rule for each field that is
/// not simply added up.
///
/// The sections Server, Modules and Cluster are those of the first shard that has them: the caller
/// puts Slotway's own facts in their place.
[[nodiscard]] InfoSections merge_info(std::span<const ShardInfo> shards);

/// A size as Redis writes it for people: "1.05M" (bytesToHuman in server.c).
[[nodiscard]] std::string human_bytes(long double bytes);

}  // namespace slotway::server
