#include "command/differences.h"

namespace slotway::command {

namespace {

constexpr std::string_view kOneOfTheNodes =
    "answered by one node: tells of the users of that node, not of Slotway's";
constexpr std::string_view kNoCluster =
    "answers with the error of a Redis that is not in cluster mode; with cluster_facade as a "
    "cluster of one node";
constexpr std::string_view kBlocks =
    "keys of several slots are refused with CROSSSLOT; if the connection to the node is lost while "
    "it blocks, the reply is an error that says its outcome is unknown";
constexpr std::string_view kScript =
    "keys of several slots are refused with CROSSSLOT; without keys it runs on one primary; keys "
    "it "
    "touches without naming them may be refused by the node";
constexpr std::string_view kScriptByName =
    "as EVAL (CROSSSLOT); a node that lacks the script gets it from Slotway first, if it has come "
    "by there";
constexpr std::string_view kOwnSubscribers =
    "counts clients of this Slotway, on all its workers; not who subscribes at a node itself or "
    "through another Slotway";
constexpr std::string_view kSubscribes =
    "messages can be lost while a subscription moves to another node (counted by "
    "slotway_pubsub_resubscribes_total)";
constexpr std::string_view kOnAllNodes =
    "on all primaries and those replicas that can be reached; an error names the nodes that "
    "failed, "
    "the others have done it";
constexpr std::string_view kNodesCommands =
    "tells what the nodes know, also of commands that Slotway refuses";

constexpr std::string_view kOwnTimes =
    "the events command and fast-command of this Slotway, timed from reading a request to its "
    "reply; nothing that uses a connection of its own (commands that block, WATCH and its EXEC)";
constexpr std::string_view kOwnSlowLog =
    "requests of this Slotway, timed from reading them to their replies, the network and the node "
    "included; EXEC as a whole; nothing that uses a connection of its own (commands that block, "
    "WATCH and its EXEC)";

using enum Remark::Kind;

constexpr Remark kRemarks[] = {
    // Connections and clients
    {"client|caching", difference, "not within MULTI"},
    {"client|info", difference, "appends lib-name and lib-ver, as Redis 7.2 does"},
    {"client|list", difference,
     "shows the clients of this Slotway; appends lib-name and lib-ver, as Redis 7.2 does"},
    {"client|no-evict", difference, "only noted: Slotway evicts no clients"},
    {"client|no-touch", difference,
     "only noted: the connections to the nodes are shared, and reads touch keys"},
    {"client|pause", difference,
     "pauses the clients of this Slotway only; what has gone to a node before is carried out"},
    {"client|reply", difference, "after OFF, QUIT closes the connection, which one Redis leaves"},
    {"client|setinfo", difference, "known whatever the version of the nodes"},
    {"client|tracking", difference,
     "with NOLOOP a client is told of its own writes too; it may be told to forget keys that have "
     "not changed (slots move, a primary fails over); in BCAST mode one message names the keys of "
     "all prefixes; not within MULTI"},
    {"hello", difference, "with AUTH and SETNAME, the name is set only if AUTH succeeds"},
    {"monitor", difference,
     "shows what clients send to this Slotway; commands between MULTI and EXEC when they are "
     "queued, and nothing of what scripts do"},
    {"select", difference, "there is database 0 and no other"},
    {"time", difference, "of the machine that Slotway runs on"},
    {"acl|dryrun", difference, kOneOfTheNodes},
    {"acl|getuser", difference, kOneOfTheNodes},
    {"acl|list", difference, kOneOfTheNodes},
    {"acl|users", difference, kOneOfTheNodes},

    // The cluster behind
    {"asking", as_redis, kNoCluster},
    {"readonly", as_redis, kNoCluster},
    {"readwrite", as_redis, kNoCluster},
    {"cluster|countkeysinslot", difference,
     "answered by the node that serves the slot; one Redis has no slots"},
    {"cluster|getkeysinslot", difference,
     "answered by the node that serves the slot; one Redis has no slots"},
    {"cluster|keyslot", difference, "calculated; one Redis has no slots"},
    {"cluster|slot-stats", as_redis,
     "answers with the error of a Redis that is not in cluster mode; with cluster_facade refused, "
     "it has to be asked of the nodes"},
    {"cluster|*", as_redis, kNoCluster},

    // What is known of all commands
    {"command", difference, kNodesCommands},
    {"command|count", difference, kNodesCommands},
    {"command|docs", difference, kNodesCommands},
    {"command|info", difference, kNodesCommands},
    {"command|list", difference, kNodesCommands},

    // The whole data set
    {"dbsize", difference, "the sum of all shards, not taken at one moment"},
    {"keys", difference,
     "not at one moment: the shards are scanned, within timeouts.request; a reply larger than "
     "limits.keys_reply_limit is an error"},
    {"scan", difference,
     "while slots move, a key may be returned twice; the cursor -1 is refused; one call may ask "
     "several shards"},
    {"lastsave", difference, "the oldest of all shards"},
    {"memory|doctor", difference, "of each shard, with the node's name, unless all say the same"},
    {"memory|malloc-stats", difference, "of each shard, with the node's name"},
    {"memory|stats", difference, "sums over all shards"},
    {"module|list", difference, "of one node"},

    // The server as clients see it
    {"info", difference,
     "clients and commands are those of this Slotway; memory, keyspace and other counters are sums "
     "over the primaries, and are left out while one of them cannot be reached"},
    {"config|get", difference,
     "the configuration of the nodes (if they differ, the first one counts), and Slotway's own for "
     "what concerns clients: port, bind, maxclients, timeout, databases, limits"},
    {"config|set", difference,
     "on all primaries and those replicas that can be reached; an error names the nodes that "
     "failed, the others have done it; maxclients and the settings of SLOWLOG and LATENCY are "
     "changed at Slotway, others of its own are refused, and what each node has for itself"},
    {"config|resetstat", difference, kOnAllNodes},
    {"config|rewrite", difference, kOnAllNodes},
    {"latency|doctor", difference, kOwnTimes},
    {"latency|graph", difference, kOwnTimes},
    {"latency|histogram", difference, "what the primaries have measured, added up"},
    {"latency|history", difference, kOwnTimes},
    {"latency|latest", difference, kOwnTimes},
    {"latency|reset", difference, "of this Slotway, on all its workers"},
    {"role", as_redis, "answers as a primary without replicas"},
    {"slowlog|get", difference, kOwnSlowLog},
    {"slowlog|len", difference, kOwnSlowLog},
    {"slowlog|reset", difference, "of this Slotway, on all its workers"},

    // Keys of several slots
    {"sort", difference,
     "keys of several slots are refused with CROSSSLOT; a cluster of 7.0 refuses GET, and BY with "
     "a "
     "pattern"},
    {"sort_ro", difference, "a cluster of 7.0 refuses GET, and BY with a pattern"},
    {"xread", difference,
     "over several slots not at one moment; with BLOCK refused with CROSSSLOT there"},
    {"xreadgroup", difference,
     "over several slots not at one moment, and one error if a part fails although others have "
     "been delivered; with BLOCK refused with CROSSSLOT there"},
    {"blmove", difference, kBlocks},
    {"blmovem", difference, kBlocks},
    {"blmpop", difference, kBlocks},
    {"blpop", difference, kBlocks},
    {"brpop", difference, kBlocks},
    {"brpoplpush", difference, kBlocks},
    {"bzmpop", difference, kBlocks},
    {"bzpopmax", difference, kBlocks},
    {"bzpopmin", difference, kBlocks},

    // Transactions
    {"multi", difference,
     "all keys up to EXEC have to lie in one slot (CROSSSLOT); commands for the whole cluster, "
     "subscriptions, HELLO and most of CLIENT are refused before EXEC"},
    {"exec", difference,
     "an error that only a node can find as it queues a command comes with EXEC, which then has "
     "run nothing"},
    {"watch", difference,
     "keys of one slot; if its connection is lost or the slot moves, EXEC answers null"},
    {"wait", difference,
     "asks the shards this client has written to, which are remembered in groups of 256 slots, "
     "how far their replicas have come"},

    // Scripts and functions
    {"eval", difference, kScript},
    {"eval_ro", difference, kScript},
    {"evalsha", difference, kScriptByName},
    {"evalsha_ro", difference, kScriptByName},
    {"fcall", difference, kScript},
    {"fcall_ro", difference, kScript},
    {"function|dump", difference, "of one shard; what is loaded through Slotway is on all"},
    {"function|list", difference, "of one shard; what is loaded through Slotway is on all"},
    {"function|stats", difference, "of the shard that runs a function, or of any if none does"},
    {"script|exists", difference, "1 if all shards have the script"},
    {"script|show", difference, "of one shard"},

    // Pub/Sub
    {"publish", difference,
     "counts the subscribers at one node, of which each worker of Slotway is one"},
    {"spublish", difference,
     "counts the subscribers at the slot's primary, of which each worker of Slotway is one"},
    {"subscribe", difference, kSubscribes},
    {"psubscribe", difference, kSubscribes},
    {"ssubscribe", difference,
     "messages can be lost while a subscription moves to another node; no sunsubscribe is pushed "
     "when the slot moves"},
    {"pubsub|*", difference, kOwnSubscribers},
};

}  // namespace

std::span<const Remark> remarks() noexcept { return kRemarks; }

const Remark* find_remark(std::string_view name) noexcept {
  for (const Remark& remark : kRemarks) {
    if (remark.name == name) return &remark;
    if (!remark.name.ends_with("|*") || name.ends_with("|help")) continue;
    if (name.starts_with(remark.name.substr(0, remark.name.size() - 1))) return &remark;
  }
  return nullptr;
}

}  // namespace slotway::command
