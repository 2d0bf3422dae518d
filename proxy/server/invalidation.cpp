#include "server/invalidation.h"

#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"

namespace slotway::server {

namespace {

constexpr std::string_view kChannel = "__redis__:invalidate";

void write_keys(resp::ReplyWriter& frame, const Invalidation& invalidation) {
  if (invalidation.all) {
    frame.null();
    return;
  }
  frame.array(invalidation.keys.size());
  for (const std::string_view key : invalidation.keys) frame.bulk(key);
}

}  // namespace

std::optional<Invalidation> parse_invalidation(std::string_view bytes) {
  resp::ReplyCursor cursor(bytes);
  const auto frame = cursor.next();
  const auto word = cursor.next();
  const auto what = cursor.next();
  if (!frame || !word || !what || frame->type != '>' || frame->elements != 2) return std::nullopt;
  if (word->text != "invalidate") return std::nullopt;
  Invalidation invalidation{.all = what->is_null};
  if (what->is_null) return invalidation;
  if (!what->is_list()) return std::nullopt;
  invalidation.keys.reserve(what->elements);
  for (std::size_t i = 0; i < what->elements; ++i) {
    const auto key = cursor.next();
    if (!key || !key->is_string()) return std::nullopt;
    invalidation.keys.push_back(key->text);
  }
  return invalidation;
}

std::string invalidation_push(const Invalidation& invalidation) {
  resp::ReplyWriter frame(3);
  frame.push(2).bulk("invalidate");
  write_keys(frame, invalidation);
  return frame.take();
}

std::string invalidation_message(const Invalidation& invalidation) {
  resp::ReplyWriter frame(2);
  frame.push(3).bulk("message").bulk(kChannel);
  write_keys(frame, invalidation);
  return frame.take();
}

}  // namespace slotway::server
