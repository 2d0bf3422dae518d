#include "config/cross_checks.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/config/load_helpers.h"

namespace slotway::config {

using Lines = std::vector<std::string>;

TEST_CASE("without seeds Slotway says what to do") {
  const std::string text =
      "no seed of the cluster is given, expected the HOST:PORT of at least one of its nodes, in "
      "cluster.seeds, in SLOTWAY_CLUSTER_SEEDS or with --seed";
  CHECK(errors_of(Sources{}) == Lines{text});
  CHECK(errors_of("cluster:\n  seeds: []\n") == Lines{"t.yaml:2:10: " + text});
}

TEST_CASE("a seed that is misspelt is one error, not also the lack of seeds") {
  CHECK(errors_of("cluster: {seeds: [nowhere]}\n").size() == 1);
}

TEST_CASE("without the file's text nothing is said of what it may have set") {
  CHECK(errors_of("cluster: {seeds: [a:1]\n").size() == 1);
}

TEST_CASE("there must be an address to listen on, and each only once") {
  CHECK(errors_of(kSeeds + "listen: []\n") ==
        Lines{"t.yaml:2:9: listen is empty, expected at least one address, or no client could "
              "connect"});
  CHECK(errors_of(kSeeds + "listen: [\"127.0.0.1:1\", unix:/a, \"127.0.0.1:1\"]\n") ==
        Lines{"t.yaml:2:9: listen has 127.0.0.1:1 twice, expected it once"});
  CHECK(errors_of(kSeeds + "listen: [unix:/a, unix:/a]\n").size() == 1);
  CHECK(errors_of(kSeeds + "listen: [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n").empty());
}

TEST_CASE("the admin endpoint has an address of its own") {
  CHECK(errors_of(kSeeds + "listen: [\"127.0.0.1:9380\"]\n") ==
        Lines{"t.yaml:2:9: admin is 127.0.0.1:9380, where clients are to connect, expected another "
              "address than those of listen"});
  CHECK(errors_of(kSeeds + "listen: [\"127.0.0.1:9380\"]\nadmin: \"\"\n").empty());
  CHECK(errors_of(kSeeds + "listen: [\"127.0.0.1:0\"]\nadmin: 127.0.0.1:0\n").empty());
}

TEST_CASE("a user needs a password, from one place") {
  const auto errors_with = [](const std::string& lines) {
    return errors_of("cluster:\n  seeds: [a:1]\n" + lines);
  };
  CHECK(errors_with("  username: app\n") ==
        Lines{"t.yaml:3:13: cluster.username has no password, expected cluster.password or "
              "cluster.password_file (any password will do for a user with nopass)"});
  CHECK(errors_with("  username: app\n  password: x\n").empty());
  CHECK(errors_with("  password: x\n").empty());
  CHECK(
      errors_with("  password: x\n  password_file: /x\n") ==
      Lines{"t.yaml:4:18: cluster.password and cluster.password_file are both set, expected one of "
            "the two"});
}

TEST_CASE("the smaller of two bounds is not above the larger") {
  CHECK(errors_of("cluster:\n  seeds: [a:1]\n  reconnect_backoff_max: 10ms\n") ==
        Lines{"t.yaml:3:26: cluster.reconnect_backoff_min is 50ms, expected at most "
              "cluster.reconnect_backoff_max, which is 10ms"});
  CHECK(errors_of("cluster:\n  seeds: [a:1]\n  refresh_min_interval: 1m\n") ==
        Lines{"t.yaml:3:25: cluster.refresh_min_interval is 1m, expected at most "
              "cluster.refresh_interval, which is 15s"});
  CHECK(errors_of(kSeeds + "limits: {client_output_soft: 128mb}\n") ==
        Lines{"t.yaml:2:30: limits.client_output_soft is 128mb, expected at most "
              "limits.client_output_hard, which is 64mb"});
  CHECK(errors_of(kSeeds + "limits: {client_output_soft: 64mb}\n").empty());
}

TEST_CASE("a rule that two sources break together points at the one in charge") {
  Sources sources = from_yaml(kSeeds + "limits: {client_output_hard: 2mb}\n");
  sources.environment = {{"SLOTWAY_LIMITS_CLIENT_OUTPUT_SOFT", "3mb"}};
  const auto errors = errors_of(sources);
  REQUIRE(errors.size() == 1);
  CHECK(
      errors[0].starts_with("SLOTWAY_LIMITS_CLIENT_OUTPUT_SOFT: limits.client_output_soft is 3mb"));
}

TEST_CASE("a rule about a refused value is skipped") {
  CHECK(errors_of(kSeeds + "limits: {client_output_soft: 128mb, client_output_hard: lots}\n")
            .size() == 1);
}

}  // namespace slotway::config
