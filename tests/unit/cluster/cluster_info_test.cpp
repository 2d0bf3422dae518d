#include "cluster/cluster_info.h"

#include <doctest/doctest.h>

#include <string>

#include "resp/reply_tree.h"
#include "unit/cluster/captured_replies.h"

using slotway::cluster::parse_cluster_info;
namespace captured = slotway::cluster::captured;

namespace {

std::string text_of(std::string_view reply) {
  return std::string(slotway::resp::ReplyTree::parse(reply).value().root().text());
}

}  // namespace

TEST_CASE("CLUSTER INFO of a healthy cluster is understood") {
  const auto info = parse_cluster_info(text_of(captured::kInfo));
  REQUIRE(info.has_value());
  CHECK(info->state_ok);
  CHECK(info->slots_assigned == 16384);
  CHECK(info->slots_ok == 16384);
  CHECK(info->slots_pfail == 0);
  CHECK(info->slots_fail == 0);
  CHECK(info->known_nodes == 6);
  CHECK(info->size == 3);
  CHECK(info->current_epoch == 6);
  CHECK(info->my_epoch == 1);
}

TEST_CASE("CLUSTER INFO of a node without a cluster is understood") {
  const auto info = parse_cluster_info(text_of(captured::kInfoAlone));
  REQUIRE(info.has_value());
  CHECK_FALSE(info->state_ok);
  CHECK(info->slots_assigned == 0);
  CHECK(info->known_nodes == 1);
}

TEST_CASE("lines may end without CR, be unknown, or be missing") {
  const auto info = parse_cluster_info(
      "no colon\n# comment: x\ncluster_state:ok\ncluster_current_epoch:18446744073709551615");
  REQUIRE(info.has_value());
  CHECK(info->state_ok);
  CHECK(info->current_epoch == 18446744073709551615U);
  CHECK(info->slots_ok == 0);
}

TEST_CASE("CLUSTER INFO without state or epoch, or with a bad number, is refused") {
  CHECK(parse_cluster_info("").error() == "cluster_state is missing");
  CHECK(parse_cluster_info("cluster_current_epoch:1\r\n").error() == "cluster_state is missing");
  CHECK(parse_cluster_info("cluster_state:ok\r\n").error() == "cluster_current_epoch is missing");
  CHECK(parse_cluster_info("cluster_state:ok\r\ncluster_current_epoch:-1\r\n").error() ==
        "cluster_current_epoch is no number: \"-1\"");
  CHECK(parse_cluster_info("cluster_size:99999999999999999999\r\n").error() ==
        "cluster_size is no number: \"99999999999999999999\"");
}
