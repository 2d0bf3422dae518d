#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "resp/encoder.h"
#include "resp/request_parser.h"
#include "support/expect.h"

namespace slotway::test {

using Arguments = std::vector<std::string>;

/// A request as clients send it.
[[nodiscard]] inline std::string request(const Arguments& arguments) {
  std::string bytes;
  resp::append_array_header(bytes, arguments.size());
  for (const std::string& argument : arguments) resp::append_bulk(bytes, argument);
  return bytes;
}

/// The same, words separated by spaces: "SET key value".
[[nodiscard]] inline std::string request(std::string_view words) {
  Arguments arguments;
  while (!words.empty()) {
    const std::size_t end = words.find(' ');
    arguments.emplace_back(words.substr(0, end));
    words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
  }
  return request(arguments);
}

[[nodiscard]] inline std::string bulk(std::string_view text) { return resp::bulk_reply(text); }

/// Takes complete requests off the front of a stream.
class RequestReader {
 public:
  void feed(std::string_view bytes) { bytes_.append(bytes); }

  /// False if no complete request is there.
  [[nodiscard]] bool next(Arguments& arguments) {
    if (bytes_.empty()) return false;
    resp::RequestParser parser;
    const resp::ParseStatus status = parser.parse(bytes_, {});
    expect(status != resp::ParseStatus::error, "a node gets well-formed requests");
    if (status == resp::ParseStatus::incomplete) return false;
    expect(status == resp::ParseStatus::complete && !parser.was_inline(),
           "a node gets arrays of bulk strings");
    const resp::RequestView view = parser.request();
    arguments.clear();
    for (std::size_t i = 0; i < view.size(); ++i) arguments.emplace_back(view[i]);
    bytes_.erase(0, parser.consumed());
    return true;
  }

  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

}  // namespace slotway::test
