#include "routing/router.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/routing/parsed_request.h"

using slotway::cluster::slot_of;
using slotway::command::BeginIndex;
using slotway::command::Command;
using slotway::command::FindKeynum;
using slotway::command::FindRange;
using slotway::command::KeySpec;
using slotway::command::Route;
using slotway::routing::arguments_per_key;
using slotway::routing::decide_route;
using slotway::routing::Destination;
using slotway::routing::ParsedRequest;
using slotway::routing::RouteDecision;

namespace {

Command command(Route route, int step = 1) {
  Command result;
  result.route = route;
  result.key_specs = {KeySpec{.begin = BeginIndex{1}, .find = FindRange{-1, step, 0}}};
  return result;
}

RouteDecision decide(const Command& with, std::initializer_list<std::string> arguments,
                     const std::vector<std::uint32_t>& positions) {
  const ParsedRequest request(arguments);
  return decide_route(with, request.view(), positions);
}

}  // namespace

TEST_CASE("a request without keys goes to no slot") {
  CHECK(decide(command(Route::any_shard), {"PING"}, {}).destination == Destination::no_key);
}

TEST_CASE("a request with one key goes to its slot") {
  const RouteDecision decision = decide(command(Route::by_key), {"GET", "foo"}, {1});
  CHECK(decision.destination == Destination::one_slot);
  CHECK(decision.slot == slot_of("foo"));
}

TEST_CASE("several keys of one slot go there together") {
  for (const Route route : {Route::by_key, Route::split}) {
    const RouteDecision decision =
        decide(command(route), {"RENAME", "{t}a", "{t}b", "t"}, {1, 2, 3});
    CHECK(decision.destination == Destination::one_slot);
    CHECK(decision.slot == slot_of("t"));
  }
}

TEST_CASE("keys of several slots are refused unless the command may be split") {
  CHECK(decide(command(Route::by_key), {"RENAME", "a", "b"}, {1, 2}).destination ==
        Destination::cross_slot);
  CHECK(decide(command(Route::split), {"DEL", "a", "b"}, {1, 2}).destination == Destination::split);
  CHECK(decide(command(Route::by_key), {"X", "{a}1", "{a}2", "b"}, {1, 2, 3}).destination ==
        Destination::cross_slot);
}

TEST_CASE("keys with values are split in pairs") {
  CHECK(decide(command(Route::split, 2), {"MSET", "a", "1", "b", "2"}, {1, 3}).destination ==
        Destination::split);
}

TEST_CASE("a last key without its value is the client's mistake") {
  CHECK(decide(command(Route::split, 2), {"MSET", "a", "1", "b"}, {1, 3}).destination ==
        Destination::wrong_arguments);
}

TEST_CASE("a command with arguments beside its keys is not split") {
  Command with_count = command(Route::split);
  with_count.key_specs[0].find = FindKeynum{0, 1, 2};
  CHECK(decide(with_count, {"MSETEX", "2", "a", "1", "b", "2", "NX"}, {2, 4}).destination ==
        Destination::cross_slot);
  CHECK(decide(command(Route::split), {"X", "a", "b", "OPTION"}, {1, 2}).destination ==
        Destination::cross_slot);
}

TEST_CASE("the step of the first key specification tells how many arguments belong to a key") {
  CHECK(arguments_per_key(command(Route::split, 1)) == 1);
  CHECK(arguments_per_key(command(Route::split, 2)) == 2);
  CHECK(arguments_per_key(command(Route::split, 0)) == 1);
  CHECK(arguments_per_key(Command()) == 1);
}
