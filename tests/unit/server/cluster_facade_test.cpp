#include "server/cluster_facade.h"

#include <doctest/doctest.h>

#include <string>

using namespace slotway;
using namespace slotway::server;

namespace {

const std::string kId(40, 'a');

FacadeNode node_at(std::string_view local_address, const config::Settings& settings = {}) {
  return facade_node(settings, local_address, false, 1, kId);
}

}  // namespace

TEST_CASE("the node is where the client has connected to") {
  const FacadeNode v4 = node_at("10.0.0.1:6380");
  CHECK(v4.host == "10.0.0.1");
  CHECK(v4.port == 6380);
  CHECK(v4.id == kId);
  const FacadeNode v6 = node_at("[fe80::1]:6380");
  CHECK(v6.host == "fe80::1");
  CHECK(v6.port == 6380);
}

TEST_CASE("a client of a unix socket finds the node at the TCP port of this machine") {
  const FacadeNode node = facade_node({}, "/run/slotway.sock:0", true, 6380, kId);
  CHECK(node.host == "127.0.0.1");
  CHECK(node.port == 6380);
}

TEST_CASE("what is announced stands for where the client has connected to, each part by itself") {
  config::Settings settings;
  settings.cluster_announce_ip = "slotway.example.com";
  CHECK(node_at("10.0.0.1:6380", settings).host == "slotway.example.com");
  CHECK(node_at("10.0.0.1:6380", settings).port == 6380);
  settings.cluster_announce_port = 7000;
  CHECK(node_at("10.0.0.1:6380", settings).port == 7000);
}

TEST_CASE("the bus port is ten thousand further, or none") {
  const std::string text = facade_nodes(node_at("1.2.3.4:6380"), 2);
  CHECK(text.find(kId + " 1.2.3.4:6380@16380 myself,master - 0 0 1 connected 0-16383\n") !=
        std::string::npos);
  CHECK(facade_nodes(node_at("1.2.3.4:60000"), 2).find(":60000@0 ") != std::string::npos);
}

TEST_CASE("the cluster in front is up if the one behind covers all slots") {
  CHECK(facade_info(16384, 2).find("cluster_state:ok\r\n") != std::string::npos);
  CHECK(facade_info(16383, 2).find("cluster_state:fail\r\n") != std::string::npos);
  CHECK(facade_info(16383, 2).find("cluster_slots_ok:16383\r\n") != std::string::npos);
}
