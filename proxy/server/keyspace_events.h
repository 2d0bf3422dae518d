#pragma once

#include <string_view>

namespace slotway::server {

// Keyspace notifications: messages that each node publishes to its own subscribers only, so that
// whoever wants to hear of all keys has to subscribe at every primary.
// https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/

/// True for the channels of notifications. A cluster has no database but 0.
[[nodiscard]] inline bool is_keyspace_channel(std::string_view channel) noexcept {
  return channel.starts_with("__keyspace@0__:") || channel.starts_with("__keyevent@0__:");
}

/// True if a pattern of PSUBSCRIBE matches any such channel.
[[nodiscard]] bool matches_keyspace_channels(std::string_view pattern) noexcept;

}  // namespace slotway::server
