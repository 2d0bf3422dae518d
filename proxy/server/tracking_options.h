#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resp/request_view.h"

namespace slotway::server {

/// What a client has asked for with CLIENT TRACKING ON.
struct TrackingOptions {
  bool broadcast = false;  ///< BCAST: told of all keys with one of the prefixes, read or not
  bool opt_in = false;     ///< only what follows CLIENT CACHING YES is remembered
  bool opt_out = false;    ///< what follows CLIENT CACHING NO is not
  bool no_loop = false;
  std::uint64_t redirect = 0;  ///< id of the client that is told instead; 0: itself
  std::set<std::string, std::less<>> prefixes;  ///< with broadcast only; "" for all keys

  /// True if one of the prefixes is the key's.
  [[nodiscard]] bool has_prefix_of(std::string_view key) const;
};

/// The request, read as clientCommand (networking.c) of Redis 7.0 reads it.
struct TrackingRequest {
  bool on = false;
  TrackingOptions options;            ///< without prefixes
  std::vector<std::string> prefixes;  ///< as given
  /// Id of a client that has to exist, whatever else is wrong; Redis looks while it reads.
  std::optional<std::int64_t> redirect;
  /// Not empty: the text of the error, unless the redirection has one of its own.
  std::string error;
};

[[nodiscard]] TrackingRequest parse_tracking(const resp::RequestView& request);

/// The options after one more CLIENT TRACKING ON: prefixes add up. `current` is null without
/// tracking. The error is the text of the one that Redis gives.
[[nodiscard]] std::expected<TrackingOptions, std::string> merge_tracking(
    const TrackingOptions* current, const TrackingRequest& request);

}  // namespace slotway::server
