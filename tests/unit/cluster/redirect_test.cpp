#include "cluster/redirect.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "unit/cluster/captured_replies.h"

using slotway::cluster::Endpoint;
using slotway::cluster::parse_redirection;
using slotway::cluster::Redirection;
using slotway::cluster::Slot;
using namespace std::string_literals;

TEST_CASE("MOVED and ASK name a slot and a node") {
  CHECK(parse_redirection("MOVED 3999 127.0.0.1:6381", "asked") ==
        Redirection{Redirection::Kind::moved, Slot::constant(3999), Endpoint{"127.0.0.1", 6381}});
  CHECK(
      parse_redirection("ASK 16383 node.example.com:1", "asked") ==
      Redirection{Redirection::Kind::ask, Slot::constant(16383), Endpoint{"node.example.com", 1}});
  CHECK(parse_redirection("MOVED 0 :7001", "10.0.0.9") ==
        Redirection{Redirection::Kind::moved, Slot::constant(0), Endpoint{"10.0.0.9", 7001}});
}

TEST_CASE("a redirection of a real server on IPv6 is understood") {
  std::string_view text = slotway::cluster::captured::kMovedIpv6;
  text.remove_prefix(1);
  text.remove_suffix(2);
  const auto redirection = parse_redirection(text, "asked");
  REQUIRE(redirection.has_value());
  CHECK(redirection->slot.value() == 866);
  CHECK(redirection->target == Endpoint{"::1", 17100});
}

TEST_CASE("other errors and malformed redirections are none") {
  for (const std::string& text : {""s,
                                  "MOVED"s,
                                  "MOVED "s,
                                  "MOVED 1"s,
                                  "MOVED 1 "s,
                                  "MOVED  1 h:1"s,
                                  "MOVED 1  h:1"s,
                                  "MOVED -1 h:1"s,
                                  "MOVED +1 h:1"s,
                                  "MOVED 16384 h:1"s,
                                  "MOVED 65536 h:1"s,
                                  "MOVED 99999999999999999999 h:1"s,
                                  "MOVED 1x h:1"s,
                                  "MOVED x h:1"s,
                                  "MOVED 1 h"s,
                                  "MOVED 1 h:0"s,
                                  "MOVED 1 ?:7001"s,
                                  "MOVED 1 h:1 extra"s,
                                  "MOVED 1 h:1\n"s,
                                  "MOVED\t1 h:1"s,
                                  "moved 1 h:1"s,
                                  "ask 1 h:1"s,
                                  "ASK"s,
                                  "ASKING 1 h:1"s,
                                  "MOVED1 h:1"s,
                                  "ERR MOVED 1 h:1"s,
                                  "MOVED 1 h\0:1"s,
                                  "WRONGTYPE Operation against a key"s,
                                  "CLUSTERDOWN Hash slot not served"s,
                                  "TRYAGAIN Multiple keys request during rehashing of slot"s}) {
    CAPTURE(text);
    CHECK_FALSE(parse_redirection(text, "asked").has_value());
  }
}

TEST_CASE("random changes to a redirection never yield an impossible one") {
  std::mt19937 random(3);
  for (int round = 0; round < 100'000; ++round) {
    std::string text = "MOVED 3999 127.0.0.1:6381";
    for (unsigned change = random() % 4; change < 4; ++change) {
      text[random() % text.size()] = static_cast<char>(random());
    }
    text.resize(random() % (text.size() + 1));
    const auto redirection = parse_redirection(text, "asked");
    if (!redirection) continue;
    REQUIRE(redirection->slot.value() < slotway::cluster::kSlotCount);
    REQUIRE(slotway::cluster::is_host(redirection->target.host));
    REQUIRE(redirection->target.port != 0);
  }
}
