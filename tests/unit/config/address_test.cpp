#include "config/address.h"

#include <doctest/doctest.h>

#include <string>

namespace slotway::config {

TEST_CASE("a listen address is an IPv4 address, a bracketed IPv6 address or a unix path") {
  CHECK(parse_listen_address("127.0.0.1:6380") == ListenAddress{HostPort{"127.0.0.1", 6380}});
  CHECK(parse_listen_address("0.0.0.0:0") == ListenAddress{HostPort{"0.0.0.0", 0}});
  CHECK(parse_listen_address("[::1]:65535") == ListenAddress{HostPort{"::1", 65535}});
  CHECK(parse_listen_address("unix:/run/s.sock") == ListenAddress{UnixPath{"/run/s.sock"}});
}

TEST_CASE("a listen address that could mean something else is refused") {
  for (const char* text : {"",
                           ":",
                           "6380",
                           "127.0.0.1",
                           "127.0.0.1:",
                           ":6380",
                           "127.0.0.1:65536",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1:06380",
                           "127.0.0.1: 6380",
                           "127.0.0.1:6380 ",
                           "127.0.0.1:6380x",
                           "::1:6380",
                           "[::1]",
                           "[::1]6380",
                           "[127.0.0.1]:6380",
                           "[]:6380",
                           "[:6380",
                           "localhost:6380",
                           "256.0.0.1:6380",
                           "1.2.3:6380",
                           "*:6380",
                           "unix:",
                           "unix:relative",
                           "unix:/",
                           "unix:/dir/",
                           "unix:/a\nb",
                           "Unix:/a"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_listen_address(text).has_value());
  }
}

TEST_CASE("a unix path as long as the kernel takes is accepted, one byte more is not") {
  const std::string longest = "unix:/" + std::string(106, 'x');
  CHECK(parse_listen_address(longest).has_value());
  CHECK_FALSE(parse_listen_address(longest + 'x').has_value());
}

TEST_CASE("a remote address takes names as well and needs a port") {
  CHECK(parse_remote_address("redis-0.redis_net:6379") == HostPort{"redis-0.redis_net", 6379});
  CHECK(parse_remote_address("localhost:7000") == HostPort{"localhost", 7000});
  CHECK(parse_remote_address("10.0.0.1:7000") == HostPort{"10.0.0.1", 7000});
  CHECK(parse_remote_address("[fe80::1]:7000") == HostPort{"fe80::1", 7000});
  for (const char* text : {"host", "host:", "host:0", ":7000", "10.0.0:7000", "1234:7000",
                           "a..b:7000", ".a:7000", "-a:7000", "a b:7000", "a/b:7000",
                           "redis://a:7000", "fe80::1:7000", "[host]:7000", "a\x01:7000"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_remote_address(text).has_value());
  }
  CHECK(parse_remote_address(std::string(253, 'a') + ":1").has_value());
  CHECK_FALSE(parse_remote_address(std::string(254, 'a') + ":1").has_value());
}

TEST_CASE("an address is printed as it is read") {
  for (const char* text : {"127.0.0.1:6380", "[::1]:6380", "unix:/run/slotway.sock"}) {
    CAPTURE(text);
    CHECK(to_string(parse_listen_address(text).value()) == text);
  }
  CHECK(to_string(HostPort{"2001:db8::1", 1}) == "[2001:db8::1]:1");
}

}  // namespace slotway::config
