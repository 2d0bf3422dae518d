#include "server/client_filter.h"

#include <doctest/doctest.h>

#include "unit/command/request.h"

using slotway::command::test::request_of;

namespace slotway::server {

namespace {

ClientFilter list_filter(std::string_view line) {
  const auto filter = parse_list_filter(request_of(line).view());
  REQUIRE_MESSAGE(filter.has_value(), filter.error());
  return *filter;
}
ClientFilter kill_filter(std::string_view line) {
  const auto filter = parse_kill_filter(request_of(line).view());
  REQUIRE_MESSAGE(filter.has_value(), filter.error());
  return *filter;
}
std::string list_error(std::string_view line) {
  const auto filter = parse_list_filter(request_of(line).view());
  return filter ? "none" : filter.error();
}
std::string kill_error(std::string_view line) {
  const auto filter = parse_kill_filter(request_of(line).view());
  return filter ? "none" : filter.error();
}

constexpr std::uint64_t kAsker = 1;

ClientFacts client(std::uint64_t id) {
  ClientFacts facts;
  facts.id = id;
  facts.address = "10.0.0.9:1234";
  facts.local_address = "10.0.0.1:6379";
  facts.age_s = 60;
  return facts;
}
ClientFacts subscriber(std::uint64_t id) {
  ClientFacts facts = client(id);
  facts.set(ClientFlag::subscribed);
  return facts;
}

}  // namespace

TEST_CASE("without conditions all clients are listed") {
  const ClientFilter filter = list_filter("CLIENT LIST");
  CHECK(filter.accepts(client(kAsker), kAsker));
  CHECK(filter.accepts(subscriber(2), kAsker));
}

TEST_CASE("LIST ID takes all that follows for ids") {
  const ClientFilter filter = list_filter("CLIENT LIST ID 9 3 5");
  for (const std::uint64_t id : {3, 5, 9}) CHECK(filter.may_accept(id));
  for (const std::uint64_t id : {1, 4, 10}) CHECK_FALSE(filter.accepts(client(id), kAsker));
  CHECK(list_error("CLIENT LIST ID 3 TYPE normal") == "ERR Invalid client ID");
  CHECK(list_error("CLIENT LIST ID") == "ERR syntax error");
}

TEST_CASE("clients are told apart by their type") {
  CHECK(list_filter("CLIENT LIST TYPE pubsub").accepts(subscriber(2), kAsker));
  CHECK_FALSE(list_filter("CLIENT LIST TYPE pubsub").accepts(client(2), kAsker));
  CHECK(list_filter("CLIENT LIST TYPE NORMAL").accepts(client(2), kAsker));
  for (const char* type : {"master", "replica", "slave"}) {
    CAPTURE(type);
    CHECK_FALSE(list_filter(std::string("CLIENT LIST TYPE ") + type).accepts(client(2), kAsker));
  }
  CHECK(list_error("CLIENT LIST TYPE x") == "ERR Unknown client type 'x'");
}

TEST_CASE("the old form of KILL names an address, and spares nobody") {
  const ClientFilter filter = kill_filter("CLIENT KILL 10.0.0.9:1234");
  CHECK(filter.accepts(client(kAsker), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL 10.0.0.9:1").accepts(client(2), kAsker));
}

TEST_CASE("the new form of KILL spares who asks, unless it says otherwise") {
  CHECK_FALSE(kill_filter("CLIENT KILL TYPE normal").accepts(client(kAsker), kAsker));
  CHECK(kill_filter("CLIENT KILL TYPE normal").accepts(client(2), kAsker));
  CHECK(kill_filter("CLIENT KILL TYPE normal SKIPME no").accepts(client(kAsker), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL ID 1 SKIPME YES").accepts(client(kAsker), kAsker));
}

TEST_CASE("all conditions have to be met") {
  CHECK(kill_filter("CLIENT KILL ID 2 ADDR 10.0.0.9:1234 LADDR 10.0.0.1:6379 USER default")
            .accepts(client(2), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL ID 2 ADDR 10.0.0.9:1").accepts(client(2), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL ID 2 LADDR 10.0.0.1:1").accepts(client(2), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL ID 3 ADDR 10.0.0.9:1234").accepts(client(2), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL ID 3 ID 2").accepts(client(3), kAsker));  // the last counts
}

TEST_CASE("MAXAGE is the least age in seconds") {
  CHECK(kill_filter("CLIENT KILL MAXAGE 60").accepts(client(2), kAsker));
  CHECK_FALSE(kill_filter("CLIENT KILL MAXAGE 61").accepts(client(2), kAsker));
}

TEST_CASE("what is wrong is said in the words of Redis") {
  CHECK(kill_error("CLIENT KILL ID 0") == "ERR client-id should be greater than 0");
  CHECK(kill_error("CLIENT KILL ID x") == "ERR client-id should be greater than 0");
  CHECK(kill_error("CLIENT KILL ID 2 ADDR") == "ERR syntax error");
  CHECK(kill_error("CLIENT KILL SKIPME maybe") == "ERR syntax error");
  CHECK(kill_error("CLIENT KILL NOSUCH 1") == "ERR syntax error");
  CHECK(kill_error("CLIENT KILL TYPE x") == "ERR Unknown client type 'x'");
  CHECK(kill_error("CLIENT KILL USER nobody") == "ERR No such user 'nobody'");
  CHECK(kill_error("CLIENT KILL MAXAGE x") == "ERR maxage is not an integer or out of range");
  CHECK(kill_error("CLIENT KILL MAXAGE 0") == "ERR maxage should be greater than 0");
}

}  // namespace slotway::server
