#include "resp/request_parser.h"

#include <cstring>

#include "resp/encoder.h"
#include "resp/inline_arguments.h"
#include "resp/length.h"

namespace slotway::resp {

namespace {

// As Redis does: first the whole line, however wrong, then its number. The same bytes so get the
// same answer however they arrive.
Length read_request_length(std::string_view bytes) noexcept {
  constexpr std::size_t kLongestLine = std::size_t{64} << 10;
  const std::size_t line = bytes.substr(0, kLongestLine).find('\r');
  if (line != std::string_view::npos) return read_length(bytes);
  const bool too_long = bytes.size() > kLongestLine;
  return {too_long ? LengthStatus::too_long : LengthStatus::incomplete, 0, 0};
}

}  // namespace

ParseStatus RequestParser::parse(std::string_view bytes, const RequestLimits& limits) {
  if (arguments_owed_ < 0) {
    arguments_.clear();
    if (bytes.empty()) return ParseStatus::incomplete;
    if (bytes[0] != '*') return parse_inline(bytes, limits);
  }
  return parse_array(bytes, limits);
}

ParseStatus RequestParser::parse_array(std::string_view bytes, const RequestLimits& limits) {
  std::size_t position = position_;
  if (arguments_owed_ < 0) {
    std::size_t count = 0;
    const char* const after =
        read_short_length(bytes.data() + 1, bytes.data() + bytes.size(), count);
    if (after != nullptr && count > 0) [[likely]] {
      position = static_cast<std::size_t>(after - bytes.data());
      arguments_owed_ = static_cast<std::int64_t>(count);
    } else {
      const Length length = read_request_length(bytes.substr(1));
      if (length.status == LengthStatus::incomplete) return wait(0, bytes, limits);
      if (length.status == LengthStatus::too_long) return fail("too big mbulk count string");
      if (length.status == LengthStatus::malformed) return fail("invalid multibulk length");
      position = 1 + length.consumed;
      if (length.value <= 0) return finish(ParseStatus::empty, position);
      arguments_owed_ = length.value;
    }
    if (arguments_owed_ > limits.max_arguments) return fail("invalid multibulk length");
  }
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const auto max_bulk = static_cast<std::size_t>(limits.max_bulk_bytes);
  while (arguments_owed_ > 0) {
    const char* const header = begin + position;
    if (header == end) return wait(position, bytes, limits);
    if (*header != '$') return fail(std::string("expected '$', got '") + *header + "'");
    std::size_t size = 0;
    const char* body = read_short_length(header + 1, end, size);
    if (body == nullptr) [[unlikely]] {
      const Length length = read_request_length(bytes.substr(position + 1));
      if (length.status == LengthStatus::incomplete) return wait(position, bytes, limits);
      if (length.status == LengthStatus::too_long) return fail("too big bulk count string");
      if (length.status == LengthStatus::malformed || length.value < 0) {
        return fail("invalid bulk length");
      }
      size = static_cast<std::size_t>(length.value);
      body = header + 1 + length.consumed;
    }
    if (size > max_bulk) return fail("invalid bulk length");
    if (static_cast<std::size_t>(end - body) < size + 2) return wait(position, bytes, limits);
    if (std::memcmp(body + size, "\r\n", 2) != 0) return fail("expected CRLF after a bulk");
    const auto offset = static_cast<std::size_t>(body - begin);
    arguments_.push_back({static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)});
    --arguments_owed_;
    position = offset + size + 2;
  }
  // Also here, so that it makes no difference how a request has arrived.
  if (position > limits.max_request_bytes) [[unlikely]]
    return fail("request is larger than allowed");
  request_bytes_ = bytes.substr(0, position);
  was_inline_ = false;
  return finish(ParseStatus::complete, position);
}

ParseStatus RequestParser::parse_inline(std::string_view bytes, const RequestLimits& limits) {
  const auto* newline = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  const std::size_t length =
      newline == nullptr ? bytes.size() : static_cast<std::size_t>(newline - bytes.data());
  if (length > limits.max_inline_bytes) return fail("too big inline request");
  if (newline == nullptr) return ParseStatus::incomplete;

  std::string_view line = bytes.substr(0, length);
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto words = split_inline_arguments(line);
  if (!words) return fail("unbalanced quotes in request");
  if (words->empty()) return finish(ParseStatus::empty, length + 1);

  // Nodes only ever get arrays of bulk strings, so the line is encoded anew.
  inline_request_.clear();
  append_array_header(inline_request_, words->size());
  for (const std::string& word : *words) {
    append_bulk_header(inline_request_, word.size());
    arguments_.push_back({static_cast<std::uint32_t>(inline_request_.size()),
                          static_cast<std::uint32_t>(word.size())});
    inline_request_.append(word).append("\r\n");
  }
  request_bytes_ = inline_request_;
  was_inline_ = true;
  return finish(ParseStatus::complete, length + 1);
}

ParseStatus RequestParser::finish(ParseStatus status, std::size_t consumed) noexcept {
  consumed_ = consumed;
  position_ = 0;
  arguments_owed_ = -1;
  return status;
}

// REQUIRES: everything before `position` has been understood.
ParseStatus RequestParser::wait(std::size_t position, std::string_view bytes,
                                const RequestLimits& limits) {
  if (bytes.size() > limits.max_request_bytes) return fail("request is larger than allowed");
  position_ = position;
  return ParseStatus::incomplete;
}

ParseStatus RequestParser::fail(std::string message) {
  error_ = std::move(message);
  return finish(ParseStatus::error, 0);
}

}  // namespace slotway::resp
