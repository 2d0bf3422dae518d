#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace slotway::admin {

/// The part of an HTTP/1 request that the admin endpoints look at. The views point into the bytes
/// that were parsed and live as long as those.
struct HttpRequest {
  std::string_view method;  ///< as sent: "GET"
  std::string_view path;    ///< starts with '/' ("*" for OPTIONS *), not percent-decoded
  std::string_view query;   ///< what follows '?', without it
};

struct HttpResponse {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  /// What a browser may do with the page: nothing, unless a page says otherwise.
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
  std::string allow;  ///< methods the path has, for status 405
};

/// Why a request is refused before any route saw it.
struct HttpParseError {
  int status;
  const char* reason;
};

/// Reads one request from the start of `bytes`: a value when its header is complete, nothing when
/// more bytes are needed, an error as soon as it can only be wrong. A body is not read: no admin
/// request has one that matters. The rules are those of RFC 9112 (sections 2.2, 3 and 5.1), its
/// leave to accept a bare line feed and empty lines before the request included. The caller bounds
/// the number of bytes.
[[nodiscard]] std::expected<std::optional<HttpRequest>, HttpParseError> parse_http_request(
    std::string_view bytes);

/// The bytes to send. The connection ends with each response, so they say "Connection: close";
/// nothing is to be cached or guessed about. `without_body` is for HEAD: same header, no body.
[[nodiscard]] std::string encode_http_response(const HttpResponse& response, bool without_body,
                                               std::chrono::system_clock::time_point now);

}  // namespace slotway::admin
