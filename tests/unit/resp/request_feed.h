#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "resp/request_parser.h"
#include "support/feeding.h"

namespace slotway::test {

/// What a parser made of a stream: each request as its arguments in brackets, "(empty)" for each
/// that was none, and last the error, or "(incomplete)" if bytes are left over.
using Trace = std::vector<std::string>;

[[nodiscard]] inline std::string text_of(const resp::RequestView& request) {
  std::string text;
  for (std::size_t i = 0; i < request.size(); ++i) text += "[" + printable(request[i]) + "]";
  return text;
}

/// Feeds a stream to a parser as a session does: the bytes of an unfinished request are kept, and
/// move in memory with each piece that arrives.
class RequestFeed {
 public:
  explicit RequestFeed(const resp::RequestLimits& limits = {}) : limits_(limits) {}

  void feed(std::string_view piece) {
    if (failed_) return;
    kept_ = std::string(kept_).append(piece);  // a new place each time
    std::size_t position = 0;
    while (position < kept_.size()) {
      switch (parser_.parse(std::string_view(kept_).substr(position), limits_)) {
        case resp::ParseStatus::incomplete:
          kept_.erase(0, position);
          return;
        case resp::ParseStatus::error:
          trace_.push_back(parser_.error());
          failed_ = true;
          return;
        case resp::ParseStatus::empty:
          trace_.emplace_back("(empty)");
          break;
        case resp::ParseStatus::complete:
          trace_.push_back(text_of(parser_.request()));
          encoded_.emplace_back(parser_.request().bytes());
          break;
      }
      position += parser_.consumed();
    }
    kept_.clear();
  }

  [[nodiscard]] Trace trace() const {
    Trace trace = trace_;
    if (!failed_ && !kept_.empty()) trace.emplace_back("(incomplete)");
    return trace;
  }
  /// The bytes of each complete request as a node would get them.
  [[nodiscard]] const std::vector<std::string>& encoded() const noexcept { return encoded_; }
  [[nodiscard]] const resp::RequestParser& parser() const noexcept { return parser_; }

 private:
  const resp::RequestLimits limits_;
  resp::RequestParser parser_;
  std::string kept_;
  Trace trace_;
  std::vector<std::string> encoded_;
  bool failed_ = false;
};

[[nodiscard]] inline Trace parse_requests(const Pieces& pieces,
                                          const resp::RequestLimits& limits = {}) {
  RequestFeed feed(limits);
  for (const std::string_view piece : pieces) feed.feed(piece);
  return feed.trace();
}

[[nodiscard]] inline Trace parse_requests(std::string_view bytes,
                                          const resp::RequestLimits& limits = {}) {
  return parse_requests(Pieces{bytes}, limits);
}

}  // namespace slotway::test
