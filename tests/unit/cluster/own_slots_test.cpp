#include "cluster/own_slots.h"

#include <doctest/doctest.h>

#include <string>

using slotway::cluster::find_endpoint;
using slotway::cluster::parse_own_slots;
using slotway::cluster::Slot;

namespace {

constexpr std::string_view kOtherId = "3a69321b43d34fd79fce21058f5f68a14144a37a";

std::string nodes_text(std::string_view own_flags, std::string_view own_slots) {
  return "e7d42e47258e04fc35683eb3faee8ced36f95dd0 127.0.0.1:17115@27115 slave " +
         std::string(kOtherId) +
         " 0 1795420599017 2 connected\n"
         "f7757fe19ca486831b8854d9eacb896e8250d7ed 127.0.0.1:10131@20131 " +
         std::string(own_flags) + " - 0 1795420598000 1 connected" + std::string(own_slots) + "\n" +
         std::string(kOtherId) +
         " 10.0.0.2:14894@24894,node-2.example master - 0 1795420599118 2 connected 5461-10922\n";
}

Slot slot(int number) { return *Slot::from_number(number); }

}  // namespace

TEST_CASE("a node's own line tells its slots, whatever stands before and after it") {
  const auto slots = parse_own_slots(nodes_text("myself,master", " 0-5460 7000 16383"));
  REQUIRE(slots.has_value());
  CHECK(slots->owned() == 5463);
  CHECK(slots->is_settled(slot(0)));
  CHECK(slots->is_settled(slot(5460)));
  CHECK_FALSE(slots->owns(slot(5461)));
  CHECK(slots->owns(slot(7000)));
  CHECK(slots->end_of_run(slot(10)) == slot(5460));
  CHECK(slots->end_of_run(slot(7000)) == slot(7000));
  CHECK(slots->end_of_run(slot(16383)) == slot(16383));
}

TEST_CASE("a slot on its way out is owned but not settled, and ends a run") {
  const auto slots = parse_own_slots(
      nodes_text("myself,master", " 0-99 [50->-" + std::string(kOtherId) + "] [200-<-abc]"));
  REQUIRE(slots.has_value());
  CHECK(slots->owns(slot(50)));
  CHECK_FALSE(slots->is_settled(slot(50)));
  CHECK(slots->destination(slot(50)) == kOtherId);
  CHECK(slots->destination(slot(51)).empty());
  CHECK(slots->end_of_run(slot(0)) == slot(49));
  CHECK(slots->end_of_run(slot(51)) == slot(99));
  CHECK(slots->is_arriving(slot(200)));
  CHECK_FALSE(slots->owns(slot(200)));
}

TEST_CASE("a replica owns no slots") {
  const auto slots = parse_own_slots(nodes_text("myself,slave", ""));
  REQUIRE(slots.has_value());
  CHECK(slots->owned() == 0);
}

TEST_CASE("lines that are not of this kind are refused with what is wrong") {
  CHECK(parse_own_slots("").error() == "CLUSTER NODES has no line of the node itself");
  for (const char* word : {" 16384", " 5-4", " x", " -1", " 1-", " [5->]", " [5->-a", " [x->-a]"}) {
    CAPTURE(word);
    CHECK_FALSE(parse_own_slots(nodes_text("myself,master", word)).has_value());
  }
  CHECK_FALSE(parse_own_slots(nodes_text("mymyself,master", " 1")).has_value());
}

TEST_CASE("another node's address is found by its id") {
  const std::string text = nodes_text("myself,master", " 0-5460");
  CHECK(find_endpoint(text, kOtherId, "127.0.0.1").value() ==
        slotway::cluster::Endpoint{"10.0.0.2", 14894});
  CHECK_FALSE(find_endpoint(text, "0000", "127.0.0.1").has_value());
  CHECK(find_endpoint("abc :7000@17000 master - 0 0 1 connected\n", "abc", "10.1.1.1").value() ==
        slotway::cluster::Endpoint{"10.1.1.1", 7000});
}
