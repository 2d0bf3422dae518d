#include "server/pubsub_frame.h"

#include "command/ascii.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"

namespace slotway::server {

namespace {

constexpr std::array<TopicWords, kTopicKinds> kWords{{
    {"subscribe", "unsubscribe", "message"},
    {"psubscribe", "punsubscribe", "pmessage"},
    {"ssubscribe", "sunsubscribe", "smessage"},
}};

bool has_word(PubSubFrame& frame, std::string_view word) noexcept {
  using Type = PubSubFrame::Type;
  for (std::size_t kind = 0; kind < kTopicKinds; ++kind) {
    frame.kind = static_cast<TopicKind>(kind);
    frame.type = word == kWords[kind].message       ? Type::message
                 : word == kWords[kind].subscribe   ? Type::subscribed
                 : word == kWords[kind].unsubscribe ? Type::unsubscribed
                                                    : Type::pong;
    if (frame.type != Type::pong) return true;
  }
  return word == "pong";
}

}  // namespace

const TopicWords& words_of(TopicKind kind) noexcept {
  return kWords[static_cast<std::size_t>(kind)];
}

std::optional<PubSubFrame> parse_pubsub_frame(std::string_view bytes) noexcept {
  resp::ReplyCursor cursor(bytes);
  const auto list = cursor.next();
  if (!list || list->is_null || (list->type != '*' && list->type != '>')) return std::nullopt;
  const auto word = cursor.next();
  const auto topic = cursor.next();
  PubSubFrame frame;
  if (!word || !topic || !word->is_string() || !has_word(frame, word->text)) return std::nullopt;
  if (frame.type == PubSubFrame::Type::pong) return frame;
  frame.topic = topic->text;
  frame.channel = topic->text;
  if (frame.type == PubSubFrame::Type::message && frame.kind == TopicKind::pattern) {
    const auto channel = cursor.next();
    if (!channel) return std::nullopt;
    frame.channel = channel->text;
  }
  return frame;
}

std::string subscription_request(TopicKind kind, bool subscribe, std::string_view name) {
  const TopicWords& words = words_of(kind);
  std::string request;
  resp::append_array_header(request, 2);
  resp::append_bulk(request, command::upper_case(subscribe ? words.subscribe : words.unsubscribe));
  resp::append_bulk(request, name);
  return request;
}

void append_confirmation(std::string& out, int protocol, TopicKind kind, bool subscribe,
                         std::optional<std::string_view> name, std::size_t left) {
  const TopicWords& words = words_of(kind);
  resp::ReplyWriter frame(protocol);
  frame.push(3).bulk(subscribe ? words.subscribe : words.unsubscribe);
  if (name) {
    frame.bulk(*name);
  } else {
    frame.null();
  }
  frame.integer(static_cast<std::int64_t>(left));
  out += frame.bytes();
}

}  // namespace slotway::server
