#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/request_view.h"

namespace slotway::resp {

/// What a client may send at the most. Names and defaults are Redis' own.
struct RequestLimits {
  std::int64_t max_bulk_bytes = std::int64_t{512} << 20;  ///< proto-max-bulk-len
  std::int64_t max_arguments = 1024 * 1024;
  std::size_t max_inline_bytes = std::size_t{64} << 10;
  std::size_t max_request_bytes = std::size_t{1} << 30;  ///< client-query-buffer-limit
};

enum class ParseStatus : std::uint8_t {
  complete,    ///< request() is valid and consumed() bytes belong to it
  empty,       ///< consumed() bytes held no command (an empty line, `*0`, `*-1`): go on after them
  incomplete,  ///< call again with the same bytes and more behind them
  error,       ///< error() says what is wrong; the connection cannot be read further
};

/// Parses client requests in place: RESP arrays of bulk strings and inline commands.
///
/// Nothing is allocated from an announced length: the argument list grows as arguments arrive.
/// After `incomplete` the parser remembers how far it came, so a large request that arrives in
/// small pieces is not parsed again from its start. After any other status the next call begins a
/// new request.
class RequestParser {
 public:
  /// `bytes` begins with the first byte of the request, however often the parse was resumed.
  [[nodiscard]] ParseStatus parse(std::string_view bytes, const RequestLimits& limits);

  /// The request that `parse` completed; valid until the next call and as long as its bytes are.
  [[nodiscard]] RequestView request() const noexcept { return {request_bytes_, arguments_}; }
  [[nodiscard]] std::size_t consumed() const noexcept { return consumed_; }

  /// Redis' own words after "ERR Protocol error: ".
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  /// True for a request that came as an inline command (it is re-encoded as an array).
  [[nodiscard]] bool was_inline() const noexcept { return was_inline_; }

 private:
  [[nodiscard]] ParseStatus parse_array(std::string_view bytes, const RequestLimits& limits);
  [[nodiscard]] ParseStatus parse_inline(std::string_view bytes, const RequestLimits& limits);
  [[nodiscard]] ParseStatus finish(ParseStatus status, std::size_t consumed) noexcept;
  [[nodiscard]] ParseStatus wait(std::size_t position, std::string_view bytes,
                                 const RequestLimits& limits);
  [[nodiscard]] ParseStatus fail(std::string message);

  std::vector<Argument> arguments_;
  std::string_view request_bytes_;
  std::string inline_request_;  // an inline command, re-encoded
  std::string error_;
  std::size_t consumed_ = 0;
  std::size_t position_ = 0;          // first byte of the next header to read
  std::int64_t arguments_owed_ = -1;  // -1: the array's own header has not been read
  bool was_inline_ = false;
};

}  // namespace slotway::resp
