#include "config/print.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "config/setting_table.h"
#include "unit/config/load_helpers.h"

using namespace std::chrono_literals;

namespace slotway::config {

namespace {

Settings with_seed() {
  Settings settings;
  settings.cluster.seeds = {{"10.0.0.1", 7000}};
  return settings;
}

}  // namespace

TEST_CASE("the printed defaults load back to themselves") {
  const auto settings = load(from_yaml(to_yaml(with_seed())));
  REQUIRE(settings.has_value());
  CHECK(*settings == with_seed());
}

TEST_CASE("printed settings load back to themselves whatever is in them") {
  Settings settings = with_seed();
  settings.listen = {HostPort{"::", 0}, UnixPath{"/a \"b\" \\ #c: [d], \xc3\xa4"}};
  settings.admin.reset();
  settings.workers = 7;
  settings.cluster.seeds.push_back({"fe80::1", 1});
  settings.cluster.reconnect_backoff_max = 61s;
  settings.cluster.tcp_keepalive = 0s;
  settings.timeouts.client_idle = 90min;
  settings.limits.client_output_soft = 1'025;
  settings.limits.maxmemory = 3ULL << 30U;
  settings.log.level = LogLevel::trace;
  settings.log.format = LogFormat::json;
  for (const char* file : {"null", "~", "true", "0x1", " x ", "a'b", "- a", "%", "!x", "a # b"}) {
    settings.log.file = file;
    const auto loaded = load(from_yaml(to_yaml(settings)));
    CAPTURE(file);
    REQUIRE(loaded.has_value());
    CHECK(*loaded == settings);
  }
}

TEST_CASE("every setting is printed with its description") {
  const std::string yaml = to_yaml(with_seed());
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    CHECK(yaml.find(std::string(setting.description)) != std::string::npos);
  }
  CHECK(yaml.find("\nlimits:\n  maxclients: 10000 ") != std::string::npos);
}

TEST_CASE("a password is never printed, and what is printed instead is known as no password") {
  Settings settings = with_seed();
  settings.cluster.username = "app";
  settings.cluster.password = "geheim";
  CHECK(find_stand_ins(settings).empty());
  const std::string yaml = to_yaml(settings);
  CHECK(yaml.find("geheim") == std::string::npos);
  CHECK(yaml.find("password: \"<hidden>\"") != std::string::npos);

  const auto loaded = load(from_yaml(yaml));
  REQUIRE(loaded.has_value());
  CHECK(to_yaml(*loaded) == yaml);
  const auto errors = find_stand_ins(*loaded);
  REQUIRE(errors.size() == 1);
  CHECK(
      to_string(errors[0]) ==
      "cluster.password is \"<hidden>\", expected the secret itself, which --print-config does not "
      "show");
}

TEST_CASE("a password from a file is printed as the file") {
  Settings settings = with_seed();
  settings.cluster.password = "geheim";
  settings.cluster.password_file = "/run/secrets/password";
  const std::string yaml = to_yaml(settings);
  CHECK(yaml.find("geheim") == std::string::npos);
  CHECK(yaml.find("  password: \"\"") != std::string::npos);
  CHECK(yaml.find("  password_file: \"/run/secrets/password\"") != std::string::npos);
}

}  // namespace slotway::config
