#include "cluster/endpoint.h"

#include <doctest/doctest.h>

#include <string>
#include <unordered_set>

using slotway::cluster::Endpoint;
using slotway::cluster::is_host;
using slotway::cluster::parse_endpoint;
using slotway::cluster::parse_redirect_target;
using slotway::cluster::to_string;
using namespace std::string_literals;

TEST_CASE("host names and IPv4 addresses are read with their port") {
  CHECK(parse_endpoint("127.0.0.1:7001") == Endpoint{"127.0.0.1", 7001});
  CHECK(parse_endpoint("redis-0.redis.svc.cluster.local:6379") ==
        Endpoint{"redis-0.redis.svc.cluster.local", 6379});
  CHECK(parse_endpoint("h:1") == Endpoint{"h", 1});
  CHECK(parse_endpoint("h:65535") == Endpoint{"h", 65535});
}

TEST_CASE("IPv6 addresses are read in brackets") {
  CHECK(parse_endpoint("[::1]:7001") == Endpoint{"::1", 7001});
  CHECK(parse_endpoint("[2001:db8::7]:6379") == Endpoint{"2001:db8::7", 6379});
  CHECK(parse_endpoint("[fe80::1%eth0]:6379") == Endpoint{"fe80::1%eth0", 6379});
}

TEST_CASE("an endpoint is written as it is read") {
  for (const char* text : {"127.0.0.1:7001", "node.example.com:1", "[::1]:65535"}) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint.has_value());
    CHECK(to_string(*endpoint) == text);
  }
}

TEST_CASE("each malformed endpoint is refused with what is wrong") {
  CHECK(parse_endpoint("").error() == "\"\" has no port: expected HOST:PORT");
  CHECK(parse_endpoint("7001").error() == "\"7001\" has no port: expected HOST:PORT");
  CHECK(parse_endpoint("::1:7001").error() ==
        "\"::1:7001\" needs brackets around its IPv6 address: expected [IPV6]:PORT");
  CHECK(parse_endpoint("[::1]").error() == "\"[::1]\" has no port: expected [IPV6]:PORT");
  CHECK(parse_endpoint("[host]:1").error() == "\"host\" is no IPv6 address");
  CHECK(parse_endpoint("host:").error() == "\"\" is no port from 1 to 65535");
  CHECK(parse_endpoint("host:0").error() == "\"0\" is no port from 1 to 65535");
  CHECK(parse_endpoint("host:65536").error() == "\"65536\" is no port from 1 to 65535");
  CHECK(parse_endpoint("host:-1").error() == "\"-1\" is no port from 1 to 65535");
  CHECK(parse_endpoint("host:+1").error() == "\"+1\" is no port from 1 to 65535");
  CHECK(parse_endpoint("host:1 ").error() == "\"1 \" is no port from 1 to 65535");
  CHECK(parse_endpoint(":7001").error() == "\"\" is no host name");
  CHECK(parse_endpoint("a b:1").error() == "\"a b\" is no host name");
  CHECK(parse_endpoint("redis://h:1").error().starts_with("\"redis://h:1\" needs brackets"));
}

TEST_CASE("errors show control bytes escaped and long texts cut") {
  CHECK(parse_endpoint("a\nb").error() == "\"a\\x0ab\" has no port: expected HOST:PORT");
  CHECK(parse_endpoint(std::string(100'000, 'x')).error().size() < 200);
}

TEST_CASE("the target of a redirection is divided at its last colon") {
  CHECK(parse_redirect_target("1.2.3.4:7001", "asked") == Endpoint{"1.2.3.4", 7001});
  CHECK(parse_redirect_target("::1:7001", "asked") == Endpoint{"::1", 7001});
  CHECK(parse_redirect_target("2001:db8::7:6379", "asked") == Endpoint{"2001:db8::7", 6379});
  CHECK(parse_redirect_target("node.example.com:6379", "asked") ==
        Endpoint{"node.example.com", 6379});
}

TEST_CASE("an empty host in a redirection is the host that was asked") {
  CHECK(parse_redirect_target(":7001", "10.0.0.9") == Endpoint{"10.0.0.9", 7001});
  CHECK(parse_redirect_target(":7001", "::1") == Endpoint{"::1", 7001});
}

TEST_CASE("impossible redirection targets are refused") {
  for (const char* text : {"", "host", "?:7001", "host:0", "host:99999", "host:", ":", "ho st:1",
                           "host:1 ", "h\x01:1", "[::1]:1", "a@b:1", "host:1@17001", "h/x:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_redirect_target(text, "asked").has_value());
  }
  CHECK_FALSE(parse_redirect_target(std::string(256, 'h') + ":1", "asked").has_value());
  CHECK_FALSE(parse_redirect_target("h\0:1"s, "asked").has_value());
  CHECK_FALSE(parse_redirect_target(":1", "").has_value());
}

TEST_CASE("a host has 1 to 255 plain bytes") {
  CHECK(is_host("a"));
  CHECK(is_host(std::string(255, 'h')));
  CHECK_FALSE(is_host(std::string(256, 'h')));
  CHECK_FALSE(is_host(""));
  CHECK_FALSE(is_host("h\xc3\xb6st"));
}

TEST_CASE("endpoints can be keys of sets and are ordered") {
  std::unordered_set<Endpoint> set{{"a", 1}, {"a", 2}, {"b", 1}, {"a", 1}};
  CHECK(set.size() == 3);
  CHECK(Endpoint{"a", 2} < Endpoint{"b", 1});
  CHECK(Endpoint{"a", 1} < Endpoint{"a", 2});
}
