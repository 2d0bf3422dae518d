#include "server/own_stats.h"

#include <doctest/doctest.h>

using slotway::server::OwnStats;
using slotway::server::StatsBaseline;
using slotway::stats::ErrorCounts;

namespace {

OwnStats some_stats() {
  return {.connections_received = 10,
          .connections_rejected = 2,
          .input_bytes = 1000,
          .output_bytes = 2000,
          .commands = {{.calls = 5, .rejected = 1, .failed = 2}, {.calls = 7}},
          .errors = {{"ERR", 3}, {"WRONGTYPE", 1}}};
}

}  // namespace

TEST_CASE("sums follow from the counts") {
  CHECK(some_stats().commands_processed() == 12);
  CHECK(some_stats().error_replies() == 4);
}

TEST_CASE("without a reset everything counts") {
  const StatsBaseline baseline;
  const OwnStats stats = baseline.since(some_stats());
  CHECK(stats.connections_received == 10);
  CHECK(stats.commands_processed() == 12);
  CHECK(stats.errors == some_stats().errors);
}

TEST_CASE("after a reset what has been added since counts") {
  StatsBaseline baseline;
  baseline.set(some_stats());
  OwnStats now = some_stats();
  CHECK(baseline.since(now).commands_processed() == 0);
  CHECK(baseline.since(now).errors.empty());
  now.commands[1].calls += 3;
  now.commands[0].rejected += 1;
  now.input_bytes += 50;
  now.errors["ERR"] += 2;
  now.errors["CROSSSLOT"] = 1;
  const OwnStats since = baseline.since(now);
  CHECK(since.commands[1].calls == 3);
  CHECK(since.commands[0].rejected == 1);
  CHECK(since.commands[0].failed == 0);
  CHECK_FALSE(since.commands[0].calls > 0);
  CHECK(since.input_bytes == 50);
  CHECK(since.output_bytes == 0);
  CHECK(since.errors == ErrorCounts::Counts{{"CROSSSLOT", 1}, {"ERR", 2}});
}

TEST_CASE("counts taken before somebody else's reset do not go below zero") {
  StatsBaseline baseline;
  OwnStats later = some_stats();
  later.commands[1].calls += 100;
  later.output_bytes += 100;
  later.errors["NOAUTH"] = 1;
  baseline.set(later);
  const OwnStats since = baseline.since(some_stats());
  CHECK(since.commands[1].calls == 0);
  CHECK(since.output_bytes == 0);
  CHECK(since.errors.empty());
}
