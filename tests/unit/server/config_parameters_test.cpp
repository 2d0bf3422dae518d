#include "server/config_parameters.h"

#include <doctest/doctest.h>

#include <string>

using slotway::server::find_own_parameter;
using slotway::server::Instance;
using slotway::server::parse_own_value;
using slotway::server::why_not_for_all_nodes;

TEST_CASE("parameters of Slotway's own are known in any case, those of the nodes are not") {
  REQUIRE(find_own_parameter("MaxClients") != nullptr);
  CHECK(find_own_parameter("MaxClients")->name == "maxclients");
  CHECK(find_own_parameter("maxmemory") == nullptr);
  CHECK(find_own_parameter("") == nullptr);
}

TEST_CASE("their values are those in force") {
  Instance instance;
  instance.tcp_port = 6380;
  instance.settings.listen = {slotway::config::HostPort{"127.0.0.1", 6380},
                              slotway::config::HostPort{"::1", 6380},
                              slotway::config::UnixPath{"/run/slotway.sock"}};
  instance.settings.timeouts.client_idle = std::chrono::milliseconds(1500);
  instance.runtime->maxclients.store(17);
  const auto value = [&](const char* name) { return find_own_parameter(name)->get(instance); };
  CHECK(value("port") == "6380");
  CHECK(value("bind") == "127.0.0.1 ::1");
  CHECK(value("unixsocket") == "/run/slotway.sock");
  CHECK(value("timeout") == "2");
  CHECK(value("maxclients") == "17");
  CHECK(value("requirepass").empty());
}

TEST_CASE("numbers are judged in Redis' words") {
  const auto& parameter = *find_own_parameter("maxclients");
  CHECK(parse_own_value(parameter, "1") == 1);
  CHECK(parse_own_value(parameter, "4294967295") == 4'294'967'295);
  for (const char* text : {"", "x", "1x", "1.5", " 1", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(parse_own_value(parameter, text).error() ==
          "argument couldn't be parsed into an integer");
  }
  for (const char* text : {"0", "-1", "4294967296"}) {
    CAPTURE(text);
    CHECK(parse_own_value(parameter, text).error() ==
          "argument must be between 1 and 4294967295 inclusive");
  }
}

TEST_CASE("what each node has for itself is not set on all of them") {
  CHECK(why_not_for_all_nodes("maxmemory").empty());
  CHECK(why_not_for_all_nodes("cluster-node-timeout").empty());
  CHECK_FALSE(why_not_for_all_nodes("cluster-announce-ip").empty());
  CHECK_FALSE(why_not_for_all_nodes("Replica-Announce-Port").empty());
}
