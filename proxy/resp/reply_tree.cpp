#include "resp/reply_tree.h"

#include <hiredis/hiredis.h>

#include <vector>

#include "resp/reply_scanner.h"

namespace slotway::resp {

bool ReplyNode::is_string() const noexcept {
  return reply_->type == REDIS_REPLY_STRING || reply_->type == REDIS_REPLY_STATUS;
}
bool ReplyNode::is_integer() const noexcept { return reply_->type == REDIS_REPLY_INTEGER; }
bool ReplyNode::is_array() const noexcept { return reply_->type == REDIS_REPLY_ARRAY; }
bool ReplyNode::is_nil() const noexcept { return reply_->type == REDIS_REPLY_NIL; }
bool ReplyNode::is_error() const noexcept { return reply_->type == REDIS_REPLY_ERROR; }

std::string_view ReplyNode::text() const noexcept {
  if (!is_string() && !is_error()) return {};
  return {reply_->str, reply_->len};
}

std::int64_t ReplyNode::integer() const noexcept { return is_integer() ? reply_->integer : 0; }

std::size_t ReplyNode::size() const noexcept { return is_array() ? reply_->elements : 0; }

ReplyNode ReplyNode::operator[](std::size_t index) const noexcept {
  return ReplyNode(reply_->element[index]);
}

ReplyTree::ReplyTree(redisReply* owned) noexcept : reply_(owned) {}

void ReplyTree::Free::operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }

std::expected<ReplyTree, std::string> ReplyTree::parse(std::string_view bytes) {
  // hiredis allocates an array by its announced length. Once the frame is known to be all there, no
  // announced length can exceed the bytes that have arrived.
  const ScanResult frame = scan_frame(bytes);
  if (frame.status == ScanStatus::incomplete) {
    return std::unexpected(std::string("the reply ends too early"));
  }
  if (frame.status == ScanStatus::error) {
    return std::unexpected(std::string("the reply is malformed"));
  }
  if (frame.consumed != bytes.size()) {
    return std::unexpected(std::string("there are bytes behind the reply"));
  }
  const std::unique_ptr<redisReader, decltype(&redisReaderFree)> reader(redisReaderCreate(),
                                                                        redisReaderFree);
  void* reply = nullptr;
  if (redisReaderFeed(reader.get(), bytes.data(), bytes.size()) != REDIS_OK ||
      redisReaderGetReply(reader.get(), &reply) != REDIS_OK) {
    return std::unexpected(std::string(reader->errstr));
  }
  if (reply == nullptr)
    return std::unexpected(std::string("hiredis takes the reply for unfinished"));
  return ReplyTree(static_cast<redisReply*>(reply));
}

std::string format_command(std::span<const std::string_view> arguments) {
  std::vector<const char*> pointers;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : arguments) {
    pointers.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* formatted = nullptr;
  const int length = redisFormatCommandArgv(&formatted, static_cast<int>(arguments.size()),
                                            pointers.data(), sizes.data());
  if (length < 0) return {};  // hiredis reports only that memory ran out
  std::string command(formatted, static_cast<std::size_t>(length));
  redisFreeCommand(formatted);
  return command;
}

std::string format_command(std::initializer_list<std::string_view> arguments) {
  return format_command(std::span(arguments.begin(), arguments.size()));
}

}  // namespace slotway::resp
