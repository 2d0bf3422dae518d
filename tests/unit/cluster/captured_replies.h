#pragma once

#include <string_view>

// Replies of redis-server 7.0.15 (Debian 12), byte for byte: a cluster of three primaries on
// 127.0.0.1 ports 17105-17107 with replicas on 17108-17110, a lone node on 17111, and three
// primaries on ::1.

namespace slotway::cluster::captured {

/// CLUSTER SHARDS right after the cluster was made: the replicas are still loading.
inline constexpr std::string_view kShardsLoading =
    "*3\r\n*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\n"
    "id\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n:17107\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\n"
    "master\r\n$18\r\nreplication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n"
    "$2\r\nid\r\n$40\r\nfdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\nport\r\n:17110\r\n"
    "$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\n"
    "replica\r\n$18\r\nreplication-offset\r\n:0\r\n$6\r\nhealth\r\n$7\r\nloading\r\n*4\r\n"
    "$5\r\nslots\r\n*2\r\n:5461\r\n:10922\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n:17106\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\nport\r\n:17109\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$7\r\nloading\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":0\r\n:5460\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n$4\r\nport\r\n:17105\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "d3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\nport\r\n:17108\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$7\r\nloading\r\n";

/// CLUSTER SLOTS at the same moment: loading replicas are not listed.
inline constexpr std::string_view kSlotsLoading =
    "*3\r\n*3\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:17105\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n*0\r\n*3\r\n:5461\r\n:10922\r\n*4\r\n$9\r\n"
    "127.0.0.1\r\n:17106\r\n$40\r\ncd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n*0\r\n*3\r\n"
    ":10923\r\n:16383\r\n*4\r\n$9\r\n127.0.0.1\r\n:17107\r\n$40\r\n"
    "01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n*0\r\n";

/// CLUSTER INFO.
inline constexpr std::string_view kInfo =
    "$510\r\ncluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_slots_ok:16384\r\n"
    "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:6\r\n"
    "cluster_size:3\r\ncluster_current_epoch:6\r\ncluster_my_epoch:1\r\n"
    "cluster_stats_messages_ping_sent:40\r\ncluster_stats_messages_pong_sent:40\r\n"
    "cluster_stats_messages_sent:80\r\ncluster_stats_messages_ping_received:35\r\n"
    "cluster_stats_messages_pong_received:40\r\ncluster_stats_messages_meet_received:5\r\n"
    "cluster_stats_messages_received:80\r\ntotal_cluster_links_buffer_limit_exceeded:0\r\n"
    "\r\n";

/// CLUSTER SLOTS, all nodes but the first announce a host name, endpoints are addresses.
inline constexpr std::string_view kSlotsHostnames =
    "*3\r\n*4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:17105\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n*0\r\n*4\r\n$9\r\n127.0.0.1\r\n:17108\r\n"
    "$40\r\nd3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n*2\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17108.example.com\r\n*4\r\n:5461\r\n:10922\r\n*4\r\n$9\r\n127.0.0.1\r\n:17106\r\n"
    "$40\r\ncd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n*2\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17106.example.com\r\n*4\r\n$9\r\n127.0.0.1\r\n:17109\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n*2\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17109.example.com\r\n*4\r\n:10923\r\n:16383\r\n*4\r\n$9\r\n127.0.0.1\r\n:17107\r\n"
    "$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n*2\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17107.example.com\r\n*4\r\n$9\r\n127.0.0.1\r\n:17110\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n*2\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17110.example.com\r\n";

/// CLUSTER SHARDS of the same cluster.
inline constexpr std::string_view kShardsHostnames =
    "*3\r\n*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\n"
    "id\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n:17107\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17107.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\nport\r\n:17110\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17110.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:5461\r\n:10922\r\n"
    "$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n:17106\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17106.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\nport\r\n:17109\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17109.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:5460\r\n$5\r\n"
    "nodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n12b9106035b0edb1c13cb307f1327d6f7074c175\r\n"
    "$4\r\nport\r\n:17105\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n"
    "127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\n"
    "health\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "d3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\nport\r\n:17108\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17108.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SLOTS with cluster-preferred-endpoint-type hostname.
inline constexpr std::string_view kSlotsPreferHostname =
    "*3\r\n*4\r\n:0\r\n:5460\r\n*4\r\n$1\r\n?\r\n:17105\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    "$22\r\nnode-17108.example.com\r\n:17108\r\n$40\r\n"
    "d3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    ":5461\r\n:10922\r\n*4\r\n$22\r\nnode-17106.example.com\r\n:17106\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    "$22\r\nnode-17109.example.com\r\n:17109\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    ":10923\r\n:16383\r\n*4\r\n$22\r\nnode-17107.example.com\r\n:17107\r\n$40\r\n"
    "01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    "$22\r\nnode-17110.example.com\r\n:17110\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n";

/// CLUSTER SHARDS with cluster-preferred-endpoint-type hostname.
inline constexpr std::string_view kShardsPreferHostname =
    "*3\r\n*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\n"
    "id\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n:17107\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$22\r\nnode-17107.example.com\r\n$8\r\n"
    "hostname\r\n$22\r\nnode-17107.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\nport\r\n:17110\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$22\r\nnode-17110.example.com\r\n$8\r\nhostname\r\n"
    "$22\r\nnode-17110.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":5461\r\n:10922\r\n$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n:17106\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$22\r\nnode-17106.example.com\r\n$8\r\nhostname\r\n"
    "$22\r\nnode-17106.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\nport\r\n:17109\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$22\r\nnode-17109.example.com\r\n$8\r\nhostname\r\n"
    "$22\r\nnode-17109.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":0\r\n:5460\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n$4\r\nport\r\n:17105\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$1\r\n?\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "d3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\nport\r\n:17108\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$22\r\nnode-17108.example.com\r\n$8\r\nhostname\r\n"
    "$22\r\nnode-17108.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SLOTS with cluster-preferred-endpoint-type unknown-endpoint.
inline constexpr std::string_view kSlotsUnknownEndpoint =
    "*3\r\n*4\r\n:0\r\n:5460\r\n*4\r\n$-1\r\n:17105\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n*2\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n*4\r\n"
    "$-1\r\n:17108\r\n$40\r\nd3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n*4\r\n$2\r\nip\r\n"
    "$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\nnode-17108.example.com\r\n*4\r\n:5461\r\n"
    ":10922\r\n*4\r\n$-1\r\n:17106\r\n$40\r\ncd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n"
    "*4\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\nnode-17106.example.com\r\n"
    "*4\r\n$-1\r\n:17109\r\n$40\r\n08507e44c0f8a065628751431e724f4354a2e2f5\r\n*4\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nhostname\r\n$22\r\nnode-17109.example.com\r\n*4\r\n"
    ":10923\r\n:16383\r\n*4\r\n$-1\r\n:17107\r\n$40\r\n"
    "01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n*4\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\n"
    "hostname\r\n$22\r\nnode-17107.example.com\r\n*4\r\n$-1\r\n:17110\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n*4\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\n"
    "hostname\r\n$22\r\nnode-17110.example.com\r\n";

/// CLUSTER SHARDS with cluster-preferred-endpoint-type unknown-endpoint.
inline constexpr std::string_view kShardsUnknownEndpoint =
    "*3\r\n*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\n"
    "id\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n:17107\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17107.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\nport\r\n:17110\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17110.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:5461\r\n:10922\r\n"
    "$5\r\nnodes\r\n*2\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n:17106\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17106.example.com\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*16\r\n$2\r\nid\r\n$40\r\n"
    "08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\nport\r\n:17109\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n$8\r\nhostname\r\n$22\r\n"
    "node-17109.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n"
    ":14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:5460\r\n$5\r\n"
    "nodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n12b9106035b0edb1c13cb307f1327d6f7074c175\r\n"
    "$4\r\nport\r\n:17105\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n"
    "$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\n"
    "online\r\n*16\r\n$2\r\nid\r\n$40\r\nd3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\n"
    "port\r\n:17108\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$0\r\n\r\n$8\r\n"
    "hostname\r\n$22\r\nnode-17108.example.com\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SLOTS after slots 0-2 moved to the third primary.
inline constexpr std::string_view kSlotsResharded =
    "*4\r\n*4\r\n:0\r\n:2\r\n*4\r\n$9\r\n127.0.0.1\r\n:17107\r\n$40\r\n"
    "01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n*0\r\n*4\r\n$9\r\n127.0.0.1\r\n:17110\r\n"
    "$40\r\nfdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n*0\r\n*4\r\n:3\r\n:5460\r\n*4\r\n"
    "$9\r\n127.0.0.1\r\n:17105\r\n$40\r\n12b9106035b0edb1c13cb307f1327d6f7074c175\r\n*0\r\n"
    "*4\r\n$9\r\n127.0.0.1\r\n:17108\r\n$40\r\nd3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n"
    "*0\r\n*4\r\n:5461\r\n:10922\r\n*4\r\n$9\r\n127.0.0.1\r\n:17106\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n*0\r\n*4\r\n$9\r\n127.0.0.1\r\n:17109\r\n"
    "$40\r\n08507e44c0f8a065628751431e724f4354a2e2f5\r\n*0\r\n*4\r\n:10923\r\n:16383\r\n"
    "*4\r\n$9\r\n127.0.0.1\r\n:17107\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n"
    "*0\r\n*4\r\n$9\r\n127.0.0.1\r\n:17110\r\n$40\r\n"
    "fdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n*0\r\n";

/// CLUSTER SHARDS after slots 0-2 moved to the third primary.
inline constexpr std::string_view kShardsResharded =
    "*3\r\n*4\r\n$5\r\nslots\r\n*4\r\n:0\r\n:2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n"
    "*14\r\n$2\r\nid\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n"
    ":17107\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\n"
    "role\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\n"
    "online\r\n*14\r\n$2\r\nid\r\n$40\r\nfdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\n"
    "port\r\n:17110\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n"
    "$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n"
    "$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:5461\r\n:10922\r\n$5\r\nnodes\r\n*2\r\n"
    "*14\r\n$2\r\nid\r\n$40\r\ncd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n"
    ":17106\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\n"
    "role\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\n"
    "online\r\n*14\r\n$2\r\nid\r\n$40\r\n08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\n"
    "port\r\n:17109\r\n$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n"
    "$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n"
    "$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n:3\r\n:5460\r\n$5\r\nnodes\r\n*2\r\n*14\r\n"
    "$2\r\nid\r\n$40\r\n12b9106035b0edb1c13cb307f1327d6f7074c175\r\n$4\r\nport\r\n:17105\r\n"
    "$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\n"
    "master\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n"
    "$2\r\nid\r\n$40\r\nd3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\nport\r\n:17108\r\n"
    "$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\n"
    "replica\r\n$18\r\nreplication-offset\r\n:14\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SHARDS after the second primary died and its replica took over.
inline constexpr std::string_view kShardsFailedOver =
    "*4\r\n*4\r\n$5\r\nslots\r\n*2\r\n:5461\r\n:10922\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\n"
    "id\r\n$40\r\n08507e44c0f8a065628751431e724f4354a2e2f5\r\n$4\r\nport\r\n:17109\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\n"
    "master\r\n$18\r\nreplication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n"
    "$5\r\nslots\r\n*4\r\n:0\r\n:2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\n"
    "id\r\n$40\r\n01e6ea3ae42fe402ff0b8badbcb95b166dc8fc38\r\n$4\r\nport\r\n:17107\r\n$2\r\n"
    "ip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\n"
    "master\r\n$18\r\nreplication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n"
    "$2\r\nid\r\n$40\r\nfdc81a4fb9e2d95ddce8dabe102256bdf1aaac1f\r\n$4\r\nport\r\n:17110\r\n"
    "$2\r\nip\r\n$9\r\n127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\n"
    "replica\r\n$18\r\nreplication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n"
    "$5\r\nslots\r\n*0\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "cd9c397dd8f93430c3b47ae8de537c364c8c017b\r\n$4\r\nport\r\n:17106\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:14\r\n$6\r\nhealth\r\n$4\r\nfail\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":3\r\n:5460\r\n$5\r\nnodes\r\n*2\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "12b9106035b0edb1c13cb307f1327d6f7074c175\r\n$4\r\nport\r\n:17105\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "d3afc86457b7449ee4a1ef6cab1706fb2ea2f277\r\n$4\r\nport\r\n:17108\r\n$2\r\nip\r\n$9\r\n"
    "127.0.0.1\r\n$8\r\nendpoint\r\n$9\r\n127.0.0.1\r\n$4\r\nrole\r\n$7\r\nreplica\r\n$18\r\n"
    "replication-offset\r\n:28\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SLOTS of a node that has joined no cluster.
inline constexpr std::string_view kSlotsAlone = "*0\r\n";

/// CLUSTER SHARDS of a node that has joined no cluster.
inline constexpr std::string_view kShardsAlone =
    "*1\r\n*4\r\n$5\r\nslots\r\n*0\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "7a41d9e4f6932f1099eba8055caeb9269fbf8c9d\r\n$4\r\nport\r\n:17111\r\n$2\r\nip\r\n$0\r\n"
    "\r\n$8\r\nendpoint\r\n$0\r\n\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER INFO of a node that has joined no cluster.
inline constexpr std::string_view kInfoAlone =
    "$306\r\ncluster_state:fail\r\ncluster_slots_assigned:0\r\ncluster_slots_ok:0\r\n"
    "cluster_slots_pfail:0\r\ncluster_slots_fail:0\r\ncluster_known_nodes:1\r\n"
    "cluster_size:1\r\ncluster_current_epoch:0\r\ncluster_my_epoch:0\r\n"
    "cluster_stats_messages_sent:0\r\ncluster_stats_messages_received:0\r\n"
    "total_cluster_links_buffer_limit_exceeded:0\r\n\r\n";

/// CLUSTER SLOTS of a lone node with all slots: it does not know its own address.
inline constexpr std::string_view kSlotsOwnAddressUnknown =
    "*1\r\n*3\r\n:0\r\n:16383\r\n*4\r\n$0\r\n\r\n:17111\r\n$40\r\n"
    "7a41d9e4f6932f1099eba8055caeb9269fbf8c9d\r\n*0\r\n";

/// CLUSTER SHARDS of a lone node with all slots.
inline constexpr std::string_view kShardsOwnAddressUnknown =
    "*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\n"
    "id\r\n$40\r\n7a41d9e4f6932f1099eba8055caeb9269fbf8c9d\r\n$4\r\nport\r\n:17111\r\n$2\r\n"
    "ip\r\n$0\r\n\r\n$8\r\nendpoint\r\n$0\r\n\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// CLUSTER SLOTS of a cluster on ::1.
inline constexpr std::string_view kSlotsIpv6 =
    "*3\r\n*3\r\n:0\r\n:5460\r\n*4\r\n$3\r\n::1\r\n:17100\r\n$40\r\n"
    "28da47653d165298885ecc274c4df18ca7507408\r\n*0\r\n*3\r\n:5461\r\n:10922\r\n*4\r\n$3\r\n"
    "::1\r\n:17101\r\n$40\r\n4ccdce3090860e24890a140431bd821d4189d295\r\n*0\r\n*3\r\n"
    ":10923\r\n:16383\r\n*4\r\n$3\r\n::1\r\n:17102\r\n$40\r\n"
    "fc587e9c4edc6d2f450ff6dbc01b82a4eec03f2b\r\n*0\r\n";

/// CLUSTER SHARDS of a cluster on ::1.
inline constexpr std::string_view kShardsIpv6 =
    "*3\r\n*4\r\n$5\r\nslots\r\n*2\r\n:10923\r\n:16383\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\n"
    "id\r\n$40\r\nfc587e9c4edc6d2f450ff6dbc01b82a4eec03f2b\r\n$4\r\nport\r\n:17102\r\n$2\r\n"
    "ip\r\n$3\r\n::1\r\n$8\r\nendpoint\r\n$3\r\n::1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":0\r\n:5460\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "28da47653d165298885ecc274c4df18ca7507408\r\n$4\r\nport\r\n:17100\r\n$2\r\nip\r\n$3\r\n"
    "::1\r\n$8\r\nendpoint\r\n$3\r\n::1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n*4\r\n$5\r\nslots\r\n*2\r\n"
    ":5461\r\n:10922\r\n$5\r\nnodes\r\n*1\r\n*14\r\n$2\r\nid\r\n$40\r\n"
    "4ccdce3090860e24890a140431bd821d4189d295\r\n$4\r\nport\r\n:17101\r\n$2\r\nip\r\n$3\r\n"
    "::1\r\n$8\r\nendpoint\r\n$3\r\n::1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\n"
    "replication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n";

/// A redirection of that cluster, to GET foo.
inline constexpr std::string_view kMovedIpv6 = "-MOVED 866 ::1:17100\r\n";

}  // namespace slotway::cluster::captured
