#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "resp/encoder.h"

namespace slotway::resp {

/// Builds a reply for a client of either protocol: one call for each value, in order, aggregates
/// before their elements. What RESP2 has no type for is written as Redis writes it there
/// (addReply... in networking.c): a map as an array of keys and values, a set as an array, a
/// boolean as 1 or 0, a double as a bulk string.
///
///     ReplyWriter reply(session.protocol);
///     reply.map(2).bulk("proto").integer(3).bulk("modules").array(0);
///     return call.dispatcher.reply(call, reply.take());
///
/// https://redis.io/docs/latest/develop/reference/protocol-spec/
class ReplyWriter {
 public:
  /// `protocol` is 2 or 3.
  explicit ReplyWriter(int protocol) noexcept : resp3_(protocol == 3) {}

  /// REQUIRES: text has no CR or LF.
  ReplyWriter& status(std::string_view text) {
    bytes_.append("+").append(text).append("\r\n");
    return *this;
  }
  /// `message` begins with Redis' error prefix ("ERR ...").
  ReplyWriter& error(std::string_view message) {
    append_error(bytes_, message);
    return *this;
  }
  ReplyWriter& integer(std::int64_t value) {
    append_integer(bytes_, value);
    return *this;
  }
  ReplyWriter& bulk(std::string_view text) {
    append_bulk(bytes_, text);
    return *this;
  }
  /// Text for people (INFO, CLIENT LIST): tells RESP3 clients its format.
  ReplyWriter& verbatim(std::string_view text) {
    if (!resp3_) return bulk(text);
    append_header(bytes_, '=', static_cast<std::int64_t>(text.size() + kTextFormat.size()));
    bytes_.append(kTextFormat).append(text).append("\r\n");
    return *this;
  }
  /// Where RESP2 has a null bulk string.
  ReplyWriter& null() {
    bytes_.append(resp3_ ? kNull : kNullBulk);
    return *this;
  }
  /// Where RESP2 has a null array.
  ReplyWriter& null_array() {
    bytes_.append(resp3_ ? kNull : kNullArray);
    return *this;
  }
  ReplyWriter& boolean(bool value) {
    if (!resp3_) return integer(value ? 1 : 0);
    bytes_.append(value ? "#t\r\n" : "#f\r\n");
    return *this;
  }
  /// With 17 digits, as redis-server 7.0 has it; "inf" and "-inf" beyond them.
  ReplyWriter& number(double value) {
    char text[32];
    const auto size = static_cast<std::size_t>(std::snprintf(text, sizeof text, "%.17g", value));
    if (!resp3_) return bulk({text, size});
    bytes_.append(",").append(text, size).append("\r\n");
    return *this;
  }

  /// So many elements follow.
  ReplyWriter& array(std::size_t count) { return header('*', '*', count, 1); }
  ReplyWriter& set(std::size_t count) { return header('*', '~', count, 1); }
  ReplyWriter& push(std::size_t count) { return header('*', '>', count, 1); }
  /// So many pairs of a key and a value follow.
  ReplyWriter& map(std::size_t pairs) { return header('*', '%', pairs, 2); }

  /// Values that are encoded already.
  ReplyWriter& raw(std::string_view frames) {
    bytes_.append(frames);
    return *this;
  }

  [[nodiscard]] const std::string& bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::string take() noexcept { return std::move(bytes_); }

 private:
  static constexpr std::string_view kTextFormat = "txt:";

  ReplyWriter& header(char type2, char type3, std::size_t count, std::size_t elements_each) {
    append_header(bytes_, resp3_ ? type3 : type2,
                  static_cast<std::int64_t>(resp3_ ? count : count * elements_each));
    return *this;
  }

  std::string bytes_;
  const bool resp3_;
};

}  // namespace slotway::resp
