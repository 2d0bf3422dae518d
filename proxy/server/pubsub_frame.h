#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace slotway::server {

/// What can be subscribed to.
enum class TopicKind : std::uint8_t { channel, pattern, shard_channel };
inline constexpr std::size_t kTopicKinds = 3;

/// The words of a kind, as frames have them.
struct TopicWords {
  std::string_view subscribe;
  std::string_view unsubscribe;
  std::string_view message;
};
[[nodiscard]] const TopicWords& words_of(TopicKind kind) noexcept;

/// What a node says to a connection that subscribes.
struct PubSubFrame {
  enum class Type : std::uint8_t { message, subscribed, unsubscribed, pong };

  Type type = Type::pong;
  TopicKind kind = TopicKind::channel;
  std::string_view topic{};    ///< the name subscribed to: channel or pattern
  std::string_view channel{};  ///< of a message: where it was published
};

/// Reads a frame of either protocol without copying; nothing if it is none of pub/sub.
[[nodiscard]] std::optional<PubSubFrame> parse_pubsub_frame(std::string_view frame) noexcept;

/// SUBSCRIBE, PUNSUBSCRIBE, ... of one name, as a request.
[[nodiscard]] std::string subscription_request(TopicKind kind, bool subscribe,
                                               std::string_view name);

/// Appends the confirmation that a client gets: `name` null for having unsubscribed from nothing.
/// `left` is the number of subscriptions it has now.
void append_confirmation(std::string& out, int protocol, TopicKind kind, bool subscribe,
                         std::optional<std::string_view> name, std::size_t left);

}  // namespace slotway::server
