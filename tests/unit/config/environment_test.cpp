#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "config/environment_source.h"
#include "unit/config/load_helpers.h"

namespace slotway::config {

using Lines = std::vector<std::string>;

namespace {

Sources from_environment(std::vector<EnvironmentVariable> variables) {
  Sources sources;
  sources.environment = std::move(variables);
  sources.environment.push_back({"SLOTWAY_CLUSTER_SEEDS", "10.0.0.1:7000"});
  return sources;
}

}  // namespace

TEST_CASE("a variable sets the setting it is named after") {
  const auto settings = load(from_environment(
      {{"SLOTWAY_LIMITS_MAXCLIENTS", "7"}, {"SLOTWAY_ADMIN", ""}, {"SLOTWAY_LOG_LEVEL", "error"}}));
  REQUIRE(settings.has_value());
  CHECK(settings->limits.maxclients == 7);
  CHECK_FALSE(settings->admin.has_value());
  CHECK(settings->log.level == LogLevel::error);
}

TEST_CASE("a variable separates the items of a list by commas") {
  const auto listen_of = [](std::string text) {
    return load(from_environment({{"SLOTWAY_LISTEN", std::move(text)}}))->listen;
  };
  const std::vector<ListenAddress> expected{HostPort{"127.0.0.1", 1}, UnixPath{"/a"}};
  CHECK(listen_of("127.0.0.1:1,unix:/a") == expected);
  CHECK(listen_of(" 127.0.0.1:1 , unix:/a , ") == expected);
  CHECK_FALSE(
      errors_of(from_environment({{"SLOTWAY_LISTEN", "127.0.0.1:1,,127.0.0.1:2"}})).empty());
  CHECK_FALSE(errors_of(from_environment({{"SLOTWAY_LISTEN", ""}})).empty());
}

TEST_CASE("a variable that is no setting is refused with the name that was probably meant") {
  CHECK(errors_of(from_environment({{"SLOTWAY_LIMITS_MAXCLIENT", "7"}})) ==
        Lines{"SLOTWAY_LIMITS_MAXCLIENT: this environment variable is no setting, expected a known "
              "one (did you mean SLOTWAY_LIMITS_MAXCLIENTS?)"});
  CHECK(
      errors_of(from_environment({{"SLOTWAY_FOO", "7"}})) ==
      Lines{"SLOTWAY_FOO: this environment variable is no setting, expected SLOTWAY_ and the path "
            "of a setting, such as SLOTWAY_LIMITS_MAXCLIENTS"});
  CHECK(errors_of(from_environment({{"SLOTWAY_limits_maxclients", "7"}})).size() == 1);
  CHECK(errors_of(from_environment({{"SLOTWAY_\x1b[31m", "7"}})).at(0).find('\x1b') ==
        std::string::npos);
}

TEST_CASE("a bad value names its variable") {
  CHECK(errors_of(from_environment({{"SLOTWAY_WORKERS", "many"}})) ==
        Lines{"SLOTWAY_WORKERS: workers is \"many\", expected \"auto\" or a whole number from 1 to "
              "512"});
  CHECK(errors_of(from_environment({{"SLOTWAY_CLUSTER_PASSWORD", "geheim\n"}}))
            .at(0)
            .find("geheim") == std::string::npos);
}

// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
TEST_CASE("what Kubernetes sets for a Service called slotway is no setting and no error") {
  CHECK(errors_of(from_environment({{"SLOTWAY_SERVICE_HOST", "10.0.0.11"},
                                    {"SLOTWAY_SERVICE_PORT", "6379"},
                                    {"SLOTWAY_SERVICE_PORT_REDIS", "6379"},
                                    {"SLOTWAY_PORT", "tcp://10.0.0.11:6379"},
                                    {"SLOTWAY_PORT_6379_TCP", "tcp://10.0.0.11:6379"},
                                    {"SLOTWAY_PORT_6379_TCP_PROTO", "tcp"},
                                    {"SLOTWAY_PORT_6379_TCP_PORT", "6379"},
                                    {"SLOTWAY_PORT_6379_TCP_ADDR", "10.0.0.11"},
                                    {"SLOTWAY_ADMIN_SERVICE_HOST", "10.0.0.12"},
                                    {"SLOTWAY_ADMIN_PORT", "tcp://10.0.0.12:9380"}}))
            .empty());
  CHECK(errors_of(from_environment({{"SLOTWAY_PORT", "6379"}})).size() == 1);
  CHECK(errors_of(from_environment({{"SLOTWAY_PORT_REDIS_TCP", "6379"}})).size() == 1);
}

TEST_CASE("only variables that begin with SLOTWAY_ are taken from the process") {
  const std::array<const char*, 6> environment{"PATH=/bin",          "SLOTWAY_WORKERS=3",
                                               "SLOTWAYS=1",         "XSLOTWAY_WORKERS=4",
                                               "SLOTWAY_LISTEN=a=b", nullptr};
  const auto variables = slotway_variables(environment.data());
  REQUIRE(variables.size() == 2);
  CHECK(variables[0].name == "SLOTWAY_WORKERS");
  CHECK(variables[0].value == "3");
  CHECK(variables[1].name == "SLOTWAY_LISTEN");
  CHECK(variables[1].value == "a=b");
  CHECK(slotway_variables(nullptr).empty());
}

}  // namespace slotway::config
