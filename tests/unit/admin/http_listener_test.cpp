#include "admin/http_listener.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

namespace slotway::admin {
namespace {

std::string failure(const std::string& address) {
  const auto listener = open_http_listener(address);
  return listener ? "listens on " + listener->endpoint : listener.error();
}

}  // namespace

TEST_CASE("port 0 takes a free port and the endpoint says which") {
  const auto first = open_http_listener("127.0.0.1:0");
  const auto second = open_http_listener("127.0.0.1:0");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->endpoint.starts_with("127.0.0.1:"));
  CHECK_FALSE(first->endpoint.ends_with(":0"));
  CHECK(first->endpoint != second->endpoint);
}

TEST_CASE("a name is resolved") {
  const auto listener = open_http_listener("localhost:0");
  REQUIRE(listener);
  CHECK((listener->endpoint.starts_with("127.0.0.1:") || listener->endpoint.starts_with("[::1]:")));
}

TEST_CASE("what is no ADDR:PORT is refused with an example") {
  for (const char* address :
       {"", ":", "9380", ":9380", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:-1",
        "127.0.0.1:65536", "127.0.0.1: 80", "::1:9380", "[]:9380", "[::1]", "[::1]9380"}) {
    CAPTURE(address);
    CHECK(failure(address) == "cannot serve admin requests on \"" + std::string(address) +
                                  "\": that is not ADDR:PORT; write it like 127.0.0.1:9380 or "
                                  "[::1]:9380, with a port from 0 to 65535.");
  }
}

TEST_CASE("a busy port is named with its address and what to do") {
  const auto holder = open_http_listener("127.0.0.1:0");
  REQUIRE(holder);
  CHECK(failure(holder->endpoint) ==
        "cannot serve admin requests on " + holder->endpoint +
            ": the port is already in use; stop the program that holds it or choose another port "
            "(port 0 takes any free one).");
}

TEST_CASE("an address of no interface is named, and what to choose instead") {
  CHECK(failure("192.0.2.1:0") ==
        "cannot serve admin requests on 192.0.2.1:0: no interface of this machine has that "
        "address; choose one that `ip address` shows, or 0.0.0.0 or [::] for all of them.");
}

TEST_CASE("a host that does not resolve is told from an address that cannot be bound") {
  const std::string message = failure("[not-an-address]:0");
  CHECK(message.starts_with(
      "cannot serve admin requests on [not-an-address]:0: the host does not resolve ("));
  CHECK(message.ends_with("); write an IP address."));
}

TEST_CASE("a port that needs a privilege is told from one that is taken") {
  CHECK(explain_listen_failure("0.0.0.0:80", EACCES) ==
        "cannot serve admin requests on 0.0.0.0:80: permission denied; choose a port of 1024 or "
        "more, or give the process CAP_NET_BIND_SERVICE.");
  CHECK(explain_listen_failure("0.0.0.0:80", ENOBUFS) ==
        "cannot serve admin requests on 0.0.0.0:80: No buffer space available; choose another "
        "address.");
}

}  // namespace slotway::admin
