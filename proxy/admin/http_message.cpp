#include "admin/http_message.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace slotway::admin {
namespace {

// No registered method is longer than 17 bytes (UPDATEREDIRECTREF).
constexpr std::size_t kLongestMethod = 17;

bool is_token_character(char byte) {  // RFC 9110, section 5.6.2
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') || kMarks.contains(byte);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

bool is_control(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x20U || value == 0x7fU;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  const auto lower = [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

// Cuts the next line off `text`. Nothing if it holds no whole line.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  text.remove_prefix(end + 1);
  return line;
}

// Another protocol on this port (TLS, RESP) shows within its first bytes; there is no use in
// waiting for an end of header that will never come.
bool may_start_request(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, kLongestMethod + 1);
  const std::string_view method = start.substr(0, start.find(' '));
  return start.empty() || (is_token(method) && method.size() <= kLongestMethod);
}

struct RequestLine {
  HttpRequest request;
  bool needs_host;  // RFC 9112, section 3.2: HTTP/1.1 requests without one are refused
};

std::expected<std::string_view, HttpParseError> local_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.starts_with('/') || target == "*") return target;
  if (equal_ignoring_case(target.substr(0, kScheme.size()), kScheme)) {
    const std::size_t path = target.find_first_of("/?", kScheme.size());
    if (path == std::string_view::npos) return "/";
    if (target[path] == '/') return target.substr(path);
  }
  return std::unexpected(HttpParseError{400, "the request target is no path"});
}

std::expected<RequestLine, HttpParseError> parse_request_line(std::string_view line) {
  const std::size_t method_end = line.find(' ');
  const std::size_t version_start = line.rfind(' ');
  if (method_end == version_start) {
    return std::unexpected(HttpParseError{400, "the request line is not METHOD TARGET HTTP/1.1"});
  }
  const std::string_view method = line.substr(0, method_end);
  const std::string_view whole_target = line.substr(method_end + 1, version_start - method_end - 1);
  const std::string_view version = line.substr(version_start + 1);
  if (!is_token(method) || whole_target.contains(' ')) {
    return std::unexpected(HttpParseError{400, "the request line is not METHOD TARGET HTTP/1.1"});
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return version.starts_with("HTTP/")
               ? std::unexpected(HttpParseError{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"})
               : std::unexpected(HttpParseError{400, "the request line names no HTTP version"});
  }
  const auto target = local_target(whole_target);
  if (!target) return std::unexpected(target.error());
  const std::size_t question = target->find('?');
  RequestLine result{.request = {.method = method, .path = target->substr(0, question)},
                     .needs_host = version == "HTTP/1.1"};
  if (question != std::string_view::npos) result.request.query = target->substr(question + 1);
  return result;
}

// Text of the status line; only what this program sends.
const char* status_text(int status) {
  constexpr std::array<std::pair<int, const char*>, 9> kTexts{{
      {200, "OK"},
      {400, "Bad Request"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {503, "Service Unavailable"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto* const known = std::ranges::find(kTexts, status, &std::pair<int, const char*>::first);
  return known == kTexts.end() ? "" : known->second;
}

}  // namespace

std::expected<std::optional<HttpRequest>, HttpParseError> parse_http_request(
    std::string_view bytes) {
  while (bytes.starts_with("\r\n") || bytes.starts_with('\n')) take_line(bytes);
  if (bytes == "\r") return std::nullopt;
  if (!may_start_request(bytes)) {
    return std::unexpected(HttpParseError{400, "this is no HTTP request"});
  }
  std::optional<RequestLine> request_line;
  bool has_host = false;
  while (const auto line = take_line(bytes)) {
    if (std::ranges::any_of(*line, [](char byte) { return is_control(byte) && byte != '\t'; })) {
      return std::unexpected(HttpParseError{400, "there is a control byte in the header"});
    }
    if (!request_line) {
      const auto parsed = parse_request_line(*line);
      if (!parsed) return std::unexpected(parsed.error());
      request_line = *parsed;
    } else if (line->empty()) {
      if (request_line->needs_host && !has_host) {
        return std::unexpected(HttpParseError{400, "an HTTP/1.1 request needs a Host line"});
      }
      return request_line->request;
    } else {
      // A colon right after a token: this also refuses folded lines and a space before the colon,
      // which servers have read in different ways (RFC 9112, sections 5.1 and 5.2).
      const std::size_t colon = line->find(':');
      if (colon == std::string_view::npos || !is_token(line->substr(0, colon))) {
        return std::unexpected(HttpParseError{400, "a header line is not NAME: VALUE"});
      }
      has_host = has_host || equal_ignoring_case(line->substr(0, colon), "host");
    }
  }
  return std::nullopt;
}

std::string encode_http_response(const HttpResponse& response, bool without_body,
                                 std::chrono::system_clock::time_point now) {
  std::string bytes = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n"
      "Content-Type: {}\r\n"
      "Content-Length: {}\r\n"
      "Connection: close\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\n"
      "Referrer-Policy: no-referrer\r\n"
      "Content-Security-Policy: {}\r\n",
      response.status, status_text(response.status),
      fmt::gmtime(std::chrono::system_clock::to_time_t(now)), response.content_type,
      response.body.size(), response.content_security_policy);
  if (!response.allow.empty()) bytes += fmt::format("Allow: {}\r\n", response.allow);
  bytes += "\r\n";
  if (!without_body) bytes += response.body;
  return bytes;
}

}  // namespace slotway::admin
