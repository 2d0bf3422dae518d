#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "config/load.h"
#include "unit/config/load_helpers.h"

using namespace std::chrono_literals;

namespace slotway::config {

using Lines = std::vector<std::string>;

TEST_CASE("a file sets what it mentions and leaves the rest at its default") {
  const auto settings = load(from_yaml(R"(
listen:
  - 0.0.0.0:6379
  - "[::]:6379"
  - unix:/run/slotway.sock
admin: ""
workers: 4
cluster:
  seeds: [10.0.0.1:7000, redis-1:7000]
  username: app
  password: 12345
  connect_timeout: 300ms
limits:
  proto_max_bulk_len: 8mb
log:
  level: debug
  format: json
)"));
  REQUIRE(settings.has_value());
  Settings expected;
  expected.listen = {HostPort{"0.0.0.0", 6379}, HostPort{"::", 6379},
                     UnixPath{"/run/slotway.sock"}};
  expected.admin.reset();
  expected.workers = 4;
  expected.cluster.seeds = {{"10.0.0.1", 7000}, {"redis-1", 7000}};
  expected.cluster.username = "app";
  expected.cluster.password = "12345";
  expected.cluster.connect_timeout = 300ms;
  expected.limits.proto_max_bulk_len = 8ULL << 20U;
  expected.log.level = LogLevel::debug;
  expected.log.format = LogFormat::json;
  CHECK(*settings == expected);
}

TEST_CASE("an empty file, a group without settings and a null are all right") {
  Sources sources = from_yaml("# nothing\n");
  sources.environment = {{"SLOTWAY_CLUSTER_SEEDS", "10.0.0.1:7000"}};
  CHECK(load(sources).has_value());
  sources.file->text = "";
  CHECK(load(sources).has_value());
  CHECK(errors_of(kSeeds + "limits:\n  # maxclients: 5\nlog:\n").empty());
  const auto settings = load(from_yaml(kSeeds + "admin: ~\n"));
  REQUIRE(settings.has_value());
  CHECK_FALSE(settings->admin.has_value());
}

TEST_CASE("a byte order mark, carriage returns and a missing last line break are all right") {
  CHECK(errors_of("\xef\xbb\xbf" + kSeeds).empty());
  CHECK(errors_of("cluster:\r\n  seeds:\r\n    - a:1\r\n").empty());
  CHECK(errors_of("cluster: {seeds: [a:1]}").empty());
}

TEST_CASE("an unknown setting is refused with the name that was probably meant") {
  CHECK(
      errors_of(kSeeds + "limits:\n  maxclient: 5\n") ==
      Lines{"t.yaml:3:3: unknown setting \"limits.maxclient\", expected a known one (did you mean "
            "limits.maxclients?)"});
  CHECK(errors_of(kSeeds + "max-clients: 5\n") ==
        Lines{"t.yaml:2:1: unknown setting \"max-clients\", expected a known one (did you mean "
              "limits.maxclients?)"});
  CHECK(
      errors_of(kSeeds + "limit: {}\n") ==
      Lines{"t.yaml:2:1: unknown setting \"limit\", expected a known one (did you mean limits?)"});
  CHECK(errors_of(kSeeds + "log: {colour: red}\n") ==
        Lines{"t.yaml:2:7: unknown setting \"log.colour\", expected one of level, format, file, "
              "slowlog_log_slower_than, slowlog_max_len, latency_monitor_threshold"});
  CHECK(errors_of(kSeeds + "log.level: info\n") ==
        Lines{"t.yaml:2:1: unknown setting \"log.level\", expected level indented in a line below "
              "\"log:\""});
}

TEST_CASE("a setting or a group given twice is refused and says where it was first") {
  CHECK(errors_of(kSeeds + "limits:\n  maxclients: 5\n  maxclients: 6\n") ==
        Lines{"t.yaml:4:3: \"limits.maxclients\" is given twice, expected it once (line 3 has it "
              "too)"});
  CHECK(errors_of(kSeeds + "log: {}\nlog: {}\n") ==
        Lines{"t.yaml:3:1: \"log\" is given twice, expected it once (line 2 has it too)"});
  CHECK(errors_of("nonsense: 1\nnonsense: 2\n" + kSeeds).size() == 2);
}

TEST_CASE("a value of the wrong type is refused with its place and what was expected") {
  CHECK(errors_of(kSeeds + "workers: [4]\n") ==
        Lines{"t.yaml:2:10: workers is a list, expected \"auto\" or a whole number from 1 to 512"});
  CHECK(errors_of(kSeeds + "workers: {a: 4}\n") ==
        Lines{"t.yaml:2:10: workers is a map, expected \"auto\" or a whole number from 1 to 512"});
  CHECK(errors_of(kSeeds + "workers:\n").at(0).starts_with("t.yaml:2:1: workers is empty, "));
  CHECK(errors_of(kSeeds + "listen: 127.0.0.1:1\n")
            .at(0)
            .starts_with("t.yaml:2:9: listen is \"127.0.0.1:1\", expected a list, each item "));
  CHECK(errors_of(kSeeds + "limits: 5\n")
            .at(0)
            .starts_with(
                "t.yaml:2:9: limits is no map of settings, expected a map with maxclients, "));
  CHECK(errors_of("[1, 2]\n").at(0).starts_with("t.yaml:1:1: the file is no map of settings, "));
  CHECK(errors_of("nonsense\n").at(0).starts_with("t.yaml:1:1: the file is no map of settings, "));
  CHECK(errors_of(kSeeds + "[a]: 1\n") ==
        Lines{"t.yaml:2:1: a key is no name, expected the name of a setting"});
  CHECK(errors_of(kSeeds + "workers: !!int 4\n") ==
        Lines{"t.yaml:2:10: workers has a YAML tag, expected the plain value"});
}

TEST_CASE("an impossible value is refused with the range") {
  CHECK(
      errors_of(kSeeds + "limits: {maxclients: 0}\n") ==
      Lines{"t.yaml:2:22: limits.maxclients is \"0\", expected a whole number from 1 to 1000000"});
  CHECK(
      errors_of(kSeeds + "timeouts: {request: 5}\n") ==
      Lines{"t.yaml:2:21: timeouts.request is \"5\", expected a duration from 1ms to 1d (units ms, "
            "s, m, h, d)"});
}

TEST_CASE("every bad item of a list is an error of its own") {
  CHECK(errors_of("cluster:\n  seeds:\n    - a:1\n    - b\n    - [c:3]\n    -\n").size() == 3);
}

TEST_CASE("all errors of a file come at once and in its order") {
  const auto errors = errors_of(R"(workers: many
limits:
  maxclients: 0
  maxclient: 1
log: {level: loud}
cluster:
  seeds: [nowhere]
  reconnect_backoff_min: 10s
)");
  REQUIRE(errors.size() == 6);
  CHECK(errors[0].starts_with("t.yaml:1:10: workers is "));
  CHECK(errors[1].starts_with("t.yaml:3:15: limits.maxclients is "));
  CHECK(errors[2].starts_with("t.yaml:4:3: unknown setting "));
  CHECK(errors[3].starts_with("t.yaml:5:14: log.level is "));
  CHECK(errors[4].starts_with("t.yaml:7:11: an item of cluster.seeds is "));
  CHECK(errors[5].starts_with("t.yaml:8:26: cluster.reconnect_backoff_min is 10s, "));
}

TEST_CASE("bad YAML is one error with its place") {
  const std::string expected =
      ", expected YAML such as \"maxclients: 10000\", groups indented with spaces";
  CHECK(errors_of("workers: 4\n\tlog: {}\n") ==
        Lines{"t.yaml:2:1: bad YAML (illegal tab when looking for indentation)" + expected});
  CHECK(errors_of("workers: 4\nlisten: [a,\n\n") ==
        Lines{"t.yaml:2:1: bad YAML (end of sequence flow not found)" + expected});
  CHECK(errors_of("workers: @4\n") == Lines{"t.yaml:1:10: bad YAML (unknown token)" + expected});
  CHECK(errors_of("workers: *four\n") ==
        Lines{"t.yaml:1:10: bad YAML (the referenced anchor is not defined)" + expected});
  CHECK(errors_of(kSeeds + "---\nworkers: 4\n") ==
        Lines{"t.yaml:3:1: a second YAML document starts, expected a single one"});
}

// yaml-cpp 0.7 closes such a quote by itself when a line break ends the file.
TEST_CASE("a quote that is never closed is refused") {
  for (const char* line : {"log: {file: \"/var/log/x\n", "log:\n  file: \"/var/log/x\n",
                           "log:\n  file: '/var/log/x\n\n \n"}) {
    CAPTURE(line);
    const auto errors = errors_of(kSeeds + line);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("bad YAML (") != std::string::npos);
  }
}

TEST_CASE("bytes that are no text are refused where they stand") {
  const std::string expected =
      ": a byte that is no text, expected UTF-8 without control characters";
  CHECK(errors_of("workers: 4\nlog: \xff\n") == Lines{"t.yaml:2:6" + expected});
  CHECK(errors_of(std::string("a\0b", 3)) == Lines{"t.yaml:1:2" + expected});
  CHECK(errors_of("\xff\xfe") == Lines{"t.yaml:1:1" + expected});
}

TEST_CASE("nesting without end is refused and not followed") {
  for (const std::string& text : {std::string(100'000, '['), std::string(100'000, '{'),
                                  "workers: " + std::string(5'000, '[')}) {
    const auto errors = errors_of(text);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("nested too deeply") != std::string::npos);
  }
  CHECK(errors_of("listen: &x [*x]\n" + kSeeds).size() == 1);
}

TEST_CASE("an error shows neither control characters nor more than a line of a value") {
  const auto errors = errors_of(kSeeds + "workers: \"\\x1b[31m" + std::string(5'000, 'x') + "\"\n");
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("\\x1b[31mxxx") != std::string::npos);
  CHECK(errors[0].size() < 200);
}

TEST_CASE("no error shows a password") {
  for (const char* line :
       {"password: [geheim]", "password: {geheim: geheim}", "password: \"geheim\\n\"",
        "pasword: geheim", "password: !secret geheim", "password: geheim: geheim",
        "password: \"geheim", "password: @geheim", "password: \"geheim\\q\""}) {
    CAPTURE(line);
    const auto errors = errors_of("cluster:\n  seeds: [a:1]\n  " + std::string(line) + "\n");
    CHECK_FALSE(errors.empty());
    for (const auto& error : errors) CHECK(error.find("geheim") == std::string::npos);
  }
}

TEST_CASE("a file cut or damaged anywhere is read or refused, and every error has its place") {
  const std::string whole = R"(listen: ["127.0.0.1:6380", 'unix:/a']
cluster: &c
  seeds:
    - a:1   # first
  password: "x\x41y"
limits: {maxclients: 5, maxmemory: 1gb}
log:
  file: |
    abc
)";
  REQUIRE(errors_of(whole).empty());
  const auto check = [](const std::string& text) {
    Sources sources = from_yaml(text);
    sources.environment = {{"SLOTWAY_CLUSTER_SEEDS", "10.0.0.1:7000"}};
    for (const auto& error : errors_of(sources)) {
      CAPTURE(text);
      CHECK(error.starts_with("t.yaml:"));
      CHECK(error.find(", expected ") != std::string::npos);
    }
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    check(whole.substr(0, i));
    for (const char c : {'\0', '\n', ' ', ':', '[', '}', '"', '\'', '&', '*', '!', '|', '-', '#',
                         '%', '?', '\t', '\x80'}) {
      std::string damaged = whole;
      damaged[i] = c;
      check(damaged);
    }
  }
}

}  // namespace slotway::config
