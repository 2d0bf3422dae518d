#include "admin/http_message.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::admin {
namespace {

// What the parser makes of the bytes: "needs more", "error 400", or "METHOD path query".
std::string outcome(std::string_view bytes) {
  const auto parsed = parse_http_request(bytes);
  if (!parsed) return "error " + std::to_string(parsed.error().status);
  if (!*parsed) return "needs more";
  const HttpRequest& request = **parsed;
  return std::string(request.method) + " " + std::string(request.path) + " " +
         std::string(request.query);
}

}  // namespace

TEST_CASE("a request is complete at its empty line and at no byte before") {
  const std::vector<std::string> requests{
      "GET /metrics HTTP/1.1\r\nHost: localhost:9380\r\nAccept: */*\r\n\r\n",
      "HEAD /metrics HTTP/1.0\r\n\r\n",
      "GET /metrics HTTP/1.0\n\n",
      "\r\n\r\nGET /metrics HTTP/1.1\r\nhOsT:\r\n\r\n",
  };
  for (const std::string& request : requests) {
    CAPTURE(request);
    for (std::size_t size = 0; size < request.size(); ++size) {
      CAPTURE(size);
      CHECK(outcome(std::string_view(request).substr(0, size)) == "needs more");
    }
    CHECK(outcome(request).ends_with(" /metrics "));
    CHECK(outcome(request + "GET /next HTTP/1.1\r\n").ends_with(" /metrics "));
  }
}

TEST_CASE("the target is split into path and query") {
  const std::string end = " HTTP/1.0\r\n\r\n";
  CHECK(outcome("GET /a?b=c?d" + end) == "GET /a b=c?d");
  CHECK(outcome("GET /a?" + end) == "GET /a ");
  CHECK(outcome("GET /%6d" + end) == "GET /%6d ");
  CHECK(outcome("GET http://localhost:9380/readyz?x" + end) == "GET /readyz x");
  CHECK(outcome("GET HTTP://localhost" + end) == "GET / ");
  CHECK(outcome("OPTIONS *" + end) == "OPTIONS * ");
  CHECK(outcome("GET readyz" + end) == "error 400");
  CHECK(outcome("CONNECT localhost:1" + end) == "error 400");
  CHECK(outcome("GET ftp://localhost/" + end) == "error 400");
  CHECK(outcome("GET http://localhost?q" + end) == "error 400");
}

TEST_CASE("malformed requests are refused with the status HTTP has for them") {
  CHECK(outcome("GET /\r\n") == "error 400");  // HTTP/0.9
  CHECK(outcome("GET  / HTTP/1.1\r\n") == "error 400");
  CHECK(outcome("GET / x HTTP/1.1\r\n") == "error 400");
  CHECK(outcome("GET / HTTP/2.0\r\n") == "error 505");
  CHECK(outcome("GET / http/1.1\r\n") == "error 400");
  CHECK(outcome("G\x01T / HTTP/1.1\r\n") == "error 400");
  CHECK(outcome(std::string_view("GET /\0 HTTP/1.1\r\n", 17)) == "error 400");
  CHECK(outcome("GET / HTTP/1.1\r\nHost : x\r\n") == "error 400");
  CHECK(outcome("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n") == "error 400");
  CHECK(outcome("GET / HTTP/1.1\r\nno colon\r\n") == "error 400");
  CHECK(outcome("GET / HTTP/1.1\r\nA: b\rc\r\n") == "error 400");
  CHECK(outcome("GET / HTTP/1.1\r\nAccept: x\r\n\r\n") == "error 400");  // no Host
}

TEST_CASE("another protocol is recognised by its first bytes") {
  CHECK(outcome("\x16\x03\x01") == "error 400");          // a TLS handshake
  CHECK(outcome("*1\r\n$4\r\nPING\r\n") == "error 400");  // RESP
  CHECK(outcome("AVERYLONGWORDWITHOUTANYSPACE") == "error 400");
  CHECK(outcome(std::string_view("\0", 1)) == "error 400");
  CHECK(outcome(" GET / HTTP/1.1\r\n") == "error 400");
}

TEST_CASE("a response ends the connection, forbids caching and guessing, and counts its body") {
  const std::chrono::system_clock::time_point now{std::chrono::seconds(784111777)};
  const HttpResponse response{.status = 503, .body = "not ready: no node answers\n"};
  const std::string bytes = encode_http_response(response, false, now);
  CHECK(bytes ==
        "HTTP/1.1 503 Service Unavailable\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 27\r\n"
        "Connection: close\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "X-Frame-Options: DENY\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "\r\n"
        "not ready: no node answers\n");
  const std::string head = encode_http_response(response, true, now);
  CHECK(bytes == head + response.body);
}

}  // namespace slotway::admin
