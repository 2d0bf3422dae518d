#include "server/slow_requests.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using slotway::server::RuntimeSettings;
using slotway::server::SlowRequests;

namespace {

constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();

struct Setup {
  RuntimeSettings settings;
  SlowRequests requests{settings};

  void set(std::int64_t slower_than, std::int64_t threshold) {
    settings.slowlog_log_slower_than.store(slower_than);
    settings.latency_monitor_threshold.store(threshold);
    requests.adopt_settings();
  }
};

}  // namespace

TEST_CASE("the lower one of both limits decides which requests are looked at") {
  Setup setup;
  CHECK(setup.requests.least_ns() == 10'000'000);  // Redis' default
  setup.set(10'000, 5);
  CHECK(setup.requests.least_ns() == 5'000'000);
  setup.set(0, 5);
  CHECK(setup.requests.least_ns() == 0);
  setup.set(-1, 5);
  CHECK(setup.requests.least_ns() == 5'000'000);
  setup.set(-1, 0);
  CHECK(setup.requests.least_ns() == kNever);
  CHECK_FALSE(setup.requests.is_on());
  setup.set(std::numeric_limits<std::int64_t>::max(), 0);
  CHECK(setup.requests.least_ns() > kNever / 4);
}

TEST_CASE("a request is kept by those whose limit it exceeds") {
  Setup setup;
  setup.set(10'000, 50);
  setup.requests.note({.nanoseconds = 20'000'000});
  CHECK(setup.requests.log().size() == 1);
  CHECK(setup.requests.events().empty());
  setup.requests.note({.nanoseconds = 60'000'000, .is_fast_command = true});
  CHECK(setup.requests.log().size() == 2);
  REQUIRE(setup.requests.events().contains("fast-command"));
  CHECK(setup.requests.events().at("fast-command").highest() == 60);
  CHECK_FALSE(setup.requests.events().contains("command"));
  CHECK(setup.requests.log().newest(1).front().id == 1);
  CHECK(setup.requests.log().newest(1).front().microseconds == 60'000);
  setup.set(-1, 50);
  setup.requests.note({.nanoseconds = 70'000'000});
  CHECK(setup.requests.log().size() == 2);
  CHECK(setup.requests.events().contains("command"));
}

TEST_CASE("numbers of entries are shared by all workers") {
  RuntimeSettings settings;
  SlowRequests one(settings);
  SlowRequests other(settings);
  one.note({.nanoseconds = 20'000'000});
  other.note({.nanoseconds = 20'000'000});
  CHECK(one.log().newest(1).front().id == 0);
  CHECK(other.log().newest(1).front().id == 1);
}
