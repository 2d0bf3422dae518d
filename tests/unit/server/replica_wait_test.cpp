#include "server/replica_wait.h"

#include <doctest/doctest.h>

#include <vector>

using slotway::server::parse_replication;
using slotway::server::ReplicationState;

TEST_CASE("INFO replication tells the offset of a primary and of its replicas that are online") {
  const ReplicationState state = parse_replication(
      "$400\r\n# Replication\r\nrole:master\r\nconnected_slaves:3\r\n"
      "slave0:ip=10.0.0.4,port=7004,state=online,offset=1000,lag=0\r\n"
      "slave1:ip=10.0.0.5,port=7005,state=wait_bgsave,offset=0,lag=0\r\n"
      "slave2:ip=10.0.0.6,port=7006,state=online,offset=900,lag=1\r\n"
      "master_failover_state:no-failover\r\nmaster_replid:abc\r\nmaster_repl_offset:1024\r\n"
      "second_repl_offset:-1\r\n\r\n");
  CHECK(state.is_primary);
  CHECK(state.offset == 1024);
  CHECK(state.acknowledged == std::vector<std::int64_t>{1000, 900});
}

TEST_CASE("replicas count if they have come as far as wanted") {
  const ReplicationState state{true, 2000, {1000, 900, 2000}};
  CHECK(state.replicas_at(0) == 3);
  CHECK(state.replicas_at(900) == 3);
  CHECK(state.replicas_at(901) == 2);
  CHECK(state.replicas_at(2000) == 1);
  CHECK(state.replicas_at(2001) == 0);
}

TEST_CASE("a replica is not a primary, whatever it says of its own replicas") {
  const ReplicationState state = parse_replication(
      "role:slave\r\nmaster_host:10.0.0.1\r\nslave_repl_offset:500\r\nslave_priority:100\r\n"
      "master_repl_offset:500\r\n");
  CHECK_FALSE(state.is_primary);
  CHECK(state.acknowledged.empty());
}

TEST_CASE("lines that cannot be understood count for nothing") {
  CHECK_FALSE(parse_replication("").is_primary);
  CHECK_FALSE(parse_replication("-ERR unknown command\r\n").is_primary);
  const ReplicationState state = parse_replication(
      "role:master\nslave0:ip=x,state=online,offset=,lag=0\nslave1:state=online\n"
      "slave2:ip=x,state=online,offset=7\nmaster_repl_offset:many");
  CHECK(state.is_primary);
  CHECK(state.offset == 0);
  CHECK(state.acknowledged == std::vector<std::int64_t>{7});
}
