#include "server/tracking_options.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "resp/request_parser.h"

using namespace slotway;
using namespace slotway::server;

namespace {

TrackingRequest parsed(const std::string& options) {
  const std::string line = "CLIENT TRACKING " + options + "\r\n";
  resp::RequestParser parser;
  REQUIRE(parser.parse(line, {}) == resp::ParseStatus::complete);
  return parse_tracking(parser.request());
}

TrackingOptions merged(const std::string& options, const TrackingOptions* current = nullptr) {
  const auto result = merge_tracking(current, parsed(options));
  REQUIRE(result.has_value());
  return *result;
}

std::string refusal(const std::string& options, const TrackingOptions* current = nullptr) {
  const auto result = merge_tracking(current, parsed(options));
  return result ? "" : result.error();
}

}  // namespace

TEST_CASE("prefixes of a client add up, and none given means all keys") {
  const TrackingOptions first = merged("ON BCAST PREFIX b PREFIX a");
  CHECK(first.prefixes == std::set<std::string, std::less<>>{"a", "b"});
  CHECK(merged("ON BCAST PREFIX c", &first).prefixes.size() == 3);
  CHECK(merged("ON BCAST").prefixes == std::set<std::string, std::less<>>{""});
  CHECK(merged("ON").prefixes.empty());
}

TEST_CASE("prefixes that some key would have both of are refused") {
  const TrackingOptions current = merged("ON BCAST PREFIX ab");
  CHECK(refusal("ON BCAST PREFIX a", &current).starts_with("ERR Prefix 'a' overlaps with an exi"));
  CHECK(refusal("ON BCAST PREFIX abc", &current).starts_with("ERR Prefix 'abc' overlaps"));
  CHECK(refusal("ON BCAST PREFIX x PREFIX a PREFIX a").starts_with("ERR Prefix 'a' overlaps"));
  CHECK(refusal("ON BCAST PREFIX aa PREFIX ab").empty());
}

TEST_CASE("a key is wanted if it has one of the prefixes") {
  const TrackingOptions some = merged("ON BCAST PREFIX user: PREFIX item: PREFIX z");
  for (const char* key : {"user:", "user:1", "item:x", "z", "zz"}) CHECK(some.has_prefix_of(key));
  for (const char* key : {"", "user", "use", "user;", "items", "y", "\xff", "a"}) {
    CHECK_FALSE(some.has_prefix_of(key));
  }
  const TrackingOptions all = merged("ON BCAST");
  CHECK(all.has_prefix_of(""));
  CHECK(all.has_prefix_of("anything"));
  CHECK_FALSE(merged("ON").has_prefix_of("anything"));
}

TEST_CASE("the client to redirect to is known even if the rest is wrong") {
  const TrackingRequest request = parsed("ON REDIRECT 12 NONSENSE");
  REQUIRE(request.redirect);
  CHECK(*request.redirect == 12);
  CHECK(request.error == "ERR syntax error");
  CHECK(parsed("ON REDIRECT 1 REDIRECT 2").error.find("can only redirect") != std::string::npos);
  CHECK(parsed("ON REDIRECT 99999999999999999999").error.find("out of range") != std::string::npos);
}
