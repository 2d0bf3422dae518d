#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace slotway::resp {

inline constexpr std::string_view kOk = "+OK\r\n";
inline constexpr std::string_view kPong = "+PONG\r\n";
inline constexpr std::string_view kNullBulk = "$-1\r\n";
inline constexpr std::string_view kNullArray = "*-1\r\n";
inline constexpr std::string_view kNull = "_\r\n";  ///< of RESP3
inline constexpr std::string_view kEmptyArray = "*0\r\n";

/// Anything bytes can be appended to: std::string and ByteBuffer.
template <typename Sink>
concept ByteSink = requires(Sink& sink, std::string_view bytes) { sink.append(bytes); };

template <ByteSink Sink>
void append_header(Sink& out, char type, std::int64_t value) {
  char digits[24];
  digits[0] = type;
  char* end = std::to_chars(digits + 1, digits + sizeof digits - 2, value).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

template <ByteSink Sink>
void append_integer(Sink& out, std::int64_t value) {
  append_header(out, ':', value);
}
template <ByteSink Sink>
void append_array_header(Sink& out, std::size_t count) {
  append_header(out, '*', static_cast<std::int64_t>(count));
}
template <ByteSink Sink>
void append_bulk_header(Sink& out, std::size_t size) {
  append_header(out, '$', static_cast<std::int64_t>(size));
}
template <ByteSink Sink>
void append_bulk(Sink& out, std::string_view bytes) {
  append_bulk_header(out, bytes.size());
  out.append(bytes);
  out.append(std::string_view("\r\n"));
}

/// `message` begins with Redis' error prefix ("ERR ..."). CR and LF become spaces, as in Redis:
/// they would end the frame and let whoever chose the text forge another reply.
template <ByteSink Sink>
void append_error(Sink& out, std::string_view message) {
  std::string line;
  line.reserve(message.size() + 3);
  line.push_back('-');
  for (const char c : message) line.push_back(c == '\r' || c == '\n' ? ' ' : c);
  line.append("\r\n");
  out.append(std::string_view(line));
}

[[nodiscard]] inline std::string error_reply(std::string_view message) {
  std::string reply;
  append_error(reply, message);
  return reply;
}
[[nodiscard]] inline std::string integer_reply(std::int64_t value) {
  std::string reply;
  append_integer(reply, value);
  return reply;
}
[[nodiscard]] inline std::string bulk_reply(std::string_view bytes) {
  std::string reply;
  append_bulk(reply, bytes);
  return reply;
}

}  // namespace slotway::resp
