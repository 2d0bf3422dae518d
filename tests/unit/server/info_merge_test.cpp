#include "server/info_merge.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using slotway::server::find_section;
using slotway::server::human_bytes;
using slotway::server::InfoSections;
using slotway::server::merge_info;
using slotway::server::parse_info;
using slotway::server::ShardInfo;
using slotway::server::to_text;

namespace {

/// The merged text of shards that each say this.
std::string merged(const std::vector<std::string>& texts) {
  std::vector<ShardInfo> shards;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    shards.push_back({"10.0.0." + std::to_string(i), parse_info(texts[i])});
  }
  return to_text(merge_info(shards));
}

}  // namespace

TEST_CASE("a text of INFO is read and written again to the byte") {
  const std::string text =
      "# Server\r\nredis_version:7.0.15\r\nexecutable:/a:b\r\n\r\n# Errorstats\r\n\r\n# "
      "Keyspace\r\n"
      "db0:keys=1,expires=0,avg_ttl=0\r\n";
  CHECK(to_text(parse_info(text)) == text);
  CHECK(to_text(parse_info("")).empty());
  CHECK(to_text(parse_info("no title:1\r\n")).empty());
}

TEST_CASE("what can be counted is added up, with its decimals") {
  CHECK(merged({"# Stats\r\nexpired_keys:3\r\n", "# Stats\r\nexpired_keys:4\r\n"}) ==
        "# Stats\r\nexpired_keys:7\r\n");
  CHECK(merged({"# CPU\r\nused_cpu_sys:1.250000\r\n", "# CPU\r\nused_cpu_sys:0.500000\r\n"}) ==
        "# CPU\r\nused_cpu_sys:1.750000\r\n");
}

TEST_CASE("texts and facts of the servers are those of the first shard") {
  CHECK(merged({"# Memory\r\nmaxmemory_policy:noeviction\r\n",
                "# Memory\r\nmaxmemory_policy:allkeys-lru\r\n"}) ==
        "# Memory\r\nmaxmemory_policy:noeviction\r\n");
  CHECK(merged({"# Server\r\nhz:10\r\n", "# Server\r\nhz:10\r\n"}) == "# Server\r\nhz:10\r\n");
  CHECK(merged({"# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n",
                "# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n"}) ==
        "# Modules\r\nmodule:name=a\r\nmodule:name=b\r\n");
}

TEST_CASE("ratios and sizes for people follow from the sums") {
  const std::string text =
      merged({"# Memory\r\nused_memory:1000\r\nused_memory_human:1000B\r\nused_memory_rss:3000\r\n"
              "mem_fragmentation_ratio:3.00\r\n",
              "# Memory\r\nused_memory:1048\r\nused_memory_human:1.02K\r\nused_memory_rss:1096\r\n"
              "mem_fragmentation_ratio:1.05\r\n"});
  CHECK(text ==
        "# Memory\r\nused_memory:2048\r\nused_memory_human:2.00K\r\nused_memory_rss:4096\r\n"
        "mem_fragmentation_ratio:2.00\r\n");
}

TEST_CASE("a shard without a memory limit leaves the whole without one") {
  CHECK(merged({"# Memory\r\nmaxmemory:100\r\n", "# Memory\r\nmaxmemory:50\r\n"}) ==
        "# Memory\r\nmaxmemory:150\r\n");
  CHECK(merged({"# Memory\r\nmaxmemory:100\r\n", "# Memory\r\nmaxmemory:0\r\n"}) ==
        "# Memory\r\nmaxmemory:0\r\n");
}

TEST_CASE("the memory of a host is counted once, however many shards it has") {
  const std::vector<ShardInfo> shards{
      {"10.0.0.1", parse_info("# Memory\r\ntotal_system_memory:100\r\n")},
      {"10.0.0.1", parse_info("# Memory\r\ntotal_system_memory:100\r\n")},
      {"10.0.0.2", parse_info("# Memory\r\ntotal_system_memory:100\r\n")}};
  CHECK(to_text(merge_info(shards)) == "# Memory\r\ntotal_system_memory:200\r\n");
}

TEST_CASE("of states the worst counts") {
  CHECK(merged({"# Persistence\r\nrdb_last_bgsave_status:ok\r\nrdb_last_save_time:20\r\n",
                "# Persistence\r\nrdb_last_bgsave_status:err\r\nrdb_last_save_time:10\r\n"}) ==
        "# Persistence\r\nrdb_last_bgsave_status:err\r\nrdb_last_save_time:10\r\n");
}

TEST_CASE("databases are added up, average times to live weighted by the keys that have one") {
  CHECK(merged({"# Keyspace\r\ndb0:keys=10,expires=1,avg_ttl=1000\r\n",
                "# Keyspace\r\ndb0:keys=5,expires=3,avg_ttl=2000\r\n", "# Keyspace\r\n"}) ==
        "# Keyspace\r\ndb0:keys=15,expires=4,avg_ttl=1750\r\n");
  CHECK(merged({"# Keyspace\r\n", "# Keyspace\r\ndb0:keys=5,expires=0,avg_ttl=0\r\n"}) ==
        "# Keyspace\r\ndb0:keys=5,expires=0,avg_ttl=0\r\n");
}

TEST_CASE(
    "of a command the calls are added up, the time of one follows, of percentiles the highest "
    "stays") {
  CHECK(
      merged({"# Commandstats\r\ncmdstat_get:calls=1,usec=10,usec_per_call=10.00,rejected_calls=0,"
              "failed_calls=0\r\n",
              "# Commandstats\r\ncmdstat_get:calls=3,usec=2,usec_per_call=0.67,rejected_calls=1,"
              "failed_calls=0\r\n"}) ==
      "# Commandstats\r\ncmdstat_get:calls=4,usec=12,usec_per_call=3.00,rejected_calls=1,"
      "failed_calls=0\r\n");
  CHECK(merged({"# Latencystats\r\nlatency_percentiles_usec_get:p50=1.003,p99=5.023\r\n",
                "# Latencystats\r\nlatency_percentiles_usec_get:p50=2.007,p99=3.007\r\n"}) ==
        "# Latencystats\r\nlatency_percentiles_usec_get:p50=2.007,p99=5.023\r\n");
}

TEST_CASE("replicas of the shards are not shown") {
  CHECK(
      merged(
          {"# Replication\r\nconnected_slaves:1\r\nslave0:ip=10.0.0.9,port=1\r\n",
           "# "
           "Replication\r\nconnected_slaves:2\r\nslave0:ip=10.0.0.8,port=1\r\nslave1:ip=x\r\n"}) ==
      "# Replication\r\nconnected_slaves:1\r\n");
}

TEST_CASE("sections and fields that only some shards have follow those of the first") {
  CHECK(merged({"# Stats\r\na:1\r\n", "# Stats\r\na:1\r\nb:2\r\n\r\n# Debug\r\nc:3\r\n"}) ==
        "# Stats\r\na:2\r\nb:2\r\n\r\n# Debug\r\nc:3\r\n");
  CHECK(merge_info({}).empty());
}

TEST_CASE("sizes are written as Redis writes them") {
  CHECK(human_bytes(0) == "0B");
  CHECK(human_bytes(1023) == "1023B");
  CHECK(human_bytes(1024) == "1.00K");
  CHECK(human_bytes(1'101'005) == "1.05M");
  CHECK(human_bytes(3.5L * 1024 * 1024 * 1024) == "3.50G");
}
