#include "command/overrides.h"

#include <optional>
#include <string>
#include <string_view>

#include "command/ascii.h"

namespace slotway::command {

namespace {

struct Override {
  std::string_view name;  ///< "container|*" means every subcommand that has no entry of its own
  Route route;
  std::string_view reason{};  ///< for Route::refused
};

constexpr std::string_view kStopsNode =
    "it would stop a node of the cluster behind this proxy; run it on the node itself";
constexpr std::string_view kChangesReplication =
    "it would change which node replicates which behind this proxy; run it on the node itself";
constexpr std::string_view kReplicationOnly =
    "it belongs to the replication between two nodes; connect to the node itself";
constexpr std::string_view kWritesOneDisk =
    "it saves the data of one node, and Slotway cannot know which is meant; run it on the node "
    "itself";
constexpr std::string_view kOneNodeOnly =
    "it looks into a single node, and Slotway cannot know which is meant; run it on the node "
    "itself";
constexpr std::string_view kChangesCluster =
    "it changes the cluster behind this proxy; run it on the node itself or use redis-cli "
    "--cluster";
constexpr std::string_view kChangesUsers =
    "it changes the users of a single node, not of the cluster; run it on each node itself";
constexpr std::string_view kChangesProgram =
    "it changes the program of a single node; run it on each node itself";
constexpr std::string_view kOnlyDatabase0 = "a cluster has no database other than 0";
constexpr std::string_view kPrivateFieldsets =
    "its fieldsets live in one connection to one node, and Slotway's are shared; use HSET instead";
constexpr std::string_view kUnknownAdmin =
    "the servers mark it as an administration command, and Slotway cannot know which node is "
    "meant; "
    "run it on the node itself";
constexpr std::string_view kUnknownState =
    "it may change the state of its connection, and Slotway's connections to the nodes are shared";

constexpr Override kOverrides[] = {
    // What every client sends first, and what concerns the client's own connection: answered here.
    {"auth", Route::handler},
    {"client|*", Route::handler},
    {"command", Route::handler},  // its subcommands may go to any shard
    {"config|*", Route::handler},
    {"echo", Route::handler},
    {"hello", Route::handler},
    {"info", Route::handler},
    {"ping", Route::handler},
    {"quit", Route::handler},
    {"reset", Route::handler},
    {"role", Route::handler},  // a client of a plain Redis wants to hear "master"
    {"select", Route::handler},
    {"time", Route::handler},

    // State of a connection that many clients share.
    {"asking", Route::handler},
    {"readonly", Route::handler},
    {"readwrite", Route::handler},
    {"discard", Route::handler},
    {"exec", Route::handler},
    {"multi", Route::handler},
    {"unwatch", Route::handler},
    {"watch", Route::handler},
    {"psubscribe", Route::handler},
    {"punsubscribe", Route::handler},
    {"ssubscribe", Route::handler},
    {"subscribe", Route::handler},
    {"sunsubscribe", Route::handler},
    {"unsubscribe", Route::handler},
    {"wait", Route::handler},  // asks about the writes of its own connection
    {"waitaof", Route::refused,
     "a server tells how far its files are on disk to the connection that wrote only, and "
     "Slotway's "
     "are shared; WAIT tells which replicas have the writes"},
    {"monitor", Route::handler},  // shows what passes through this Slotway
    {"script|debug", Route::refused,
     "it would turn a connection that many clients share into a debugging session; connect to the "
     "node itself"},
    {"himport|*", Route::refused, kPrivateFieldsets},

    // Scripts are remembered for nodes that lack them.
    {"eval", Route::handler},
    {"eval_ro", Route::handler},
    {"evalsha", Route::handler},
    {"evalsha_ro", Route::handler},
    {"script|flush", Route::handler},
    {"script|load", Route::handler},

    // May hold up their connection. XREAD and XREADGROUP only with BLOCK, see asks_to_block().
    {"xread", Route::handler},
    {"xreadgroup", Route::handler},

    // Answers of several nodes that no response policy can merge.
    {"cluster|*", Route::handler},
    {"cluster|keyslot", Route::any_shard},  // a calculation, the same everywhere
    {"lastsave", Route::handler},
    {"latency|*", Route::handler},
    {"pubsub|*", Route::handler},  // subscribers hang on every node
    {"randomkey", Route::handler},
    {"function|kill", Route::handler},  // has to overtake the function
    {"script|kill", Route::handler},
    {"scan", Route::handler},
    {"slowlog|*", Route::handler},
    {"acl|whoami", Route::handler},  // the node's answer would name Slotway's own user

    {"keys", Route::handler},  // bounded, and without holding up the nodes

    // MSETNX and MSETEX with NX or XX set all keys or none: no part of them may succeed alone.
    // Redis 7.0
    // tags MSETNX as multi_shard all the same, and so do the newer servers MSETEX. MSETEX without a
    // condition could be split, once the splitter can count keys.
    {"msetex", Route::by_key},
    {"msetnx", Route::by_key},

    // Marked pubsub, admin or noscript, which would otherwise have them refused or kept here.
    {"spublish", Route::by_key},    // by the slot of its channel
    {"publish", Route::any_shard},  // the cluster's bus carries it to every node
    {"acl|cat", Route::any_shard},
    {"acl|dryrun", Route::any_shard},
    {"acl|genpass", Route::any_shard},
    {"acl|getuser", Route::any_shard},
    {"acl|list", Route::any_shard},
    {"acl|users", Route::any_shard},
    {"function|dump", Route::any_shard},
    {"function|list", Route::any_shard},
    {"module|list", Route::any_shard},
    {"script|show", Route::any_shard},

    // Would harm a node or the cluster, or would answer for a node nobody chose.
    {"acl|deluser", Route::refused, kChangesUsers},
    {"acl|load", Route::refused, kChangesUsers},
    {"acl|log", Route::refused, kOneNodeOnly},
    {"acl|save", Route::refused, kChangesUsers},
    {"acl|setuser", Route::refused, kChangesUsers},
    {"bgrewriteaof", Route::refused, kWritesOneDisk},
    {"bgsave", Route::refused, kWritesOneDisk},
    {"cluster|addslots", Route::refused, kChangesCluster},
    {"cluster|addslotsrange", Route::refused, kChangesCluster},
    {"cluster|bumpepoch", Route::refused, kChangesCluster},
    {"cluster|cancelslotmigrations", Route::refused, kChangesCluster},
    {"cluster|delslots", Route::refused, kChangesCluster},
    {"cluster|delslotsrange", Route::refused, kChangesCluster},
    {"cluster|failover", Route::refused, kChangesCluster},
    {"cluster|flushslot", Route::refused, kChangesCluster},
    {"cluster|flushslots", Route::refused, kChangesCluster},
    {"cluster|forget", Route::refused, kChangesCluster},
    {"cluster|getslotmigrations", Route::refused, kOneNodeOnly},
    {"cluster|meet", Route::refused, kChangesCluster},
    {"cluster|migrateslots", Route::refused, kChangesCluster},
    {"cluster|migration", Route::refused, kChangesCluster},
    {"cluster|replicate", Route::refused, kChangesCluster},
    {"cluster|reset", Route::refused, kChangesCluster},
    {"cluster|saveconfig", Route::refused, kChangesCluster},
    {"cluster|set-config-epoch", Route::refused, kChangesCluster},
    {"cluster|setslot", Route::refused, kChangesCluster},
    {"cluster|syncslots", Route::refused, kChangesCluster},
    {"clusterscan", Route::refused,
     "it is for clients that know the cluster; SCAN goes through all of it here"},
    {"commandlog|*", Route::refused, kOneNodeOnly},
    {"debug", Route::refused, kOneNodeOnly},
    {"debug|object", Route::by_key},  // harmless, and its key says where to ask
    {"failover", Route::refused, kChangesReplication},
    {"hotkeys|*", Route::refused, kOneNodeOnly},
    {"migrate", Route::refused,
     "it moves keys past the cluster's own slots; use redis-cli --cluster reshard instead"},
    {"module|load", Route::refused, kChangesProgram},
    {"module|loadex", Route::refused, kChangesProgram},
    {"module|unload", Route::refused, kChangesProgram},
    {"move", Route::refused, kOnlyDatabase0},
    {"pfdebug", Route::refused, kOneNodeOnly},
    {"pfselftest", Route::refused, kOneNodeOnly},
    {"psync", Route::refused, kReplicationOnly},
    {"replconf", Route::refused, kReplicationOnly},
    {"replicaof", Route::refused, kChangesReplication},
    {"restore-asking", Route::refused,
     "it is for nodes that hand a slot over to each other; use RESTORE instead"},
    {"save", Route::refused, kWritesOneDisk},
    {"shutdown", Route::refused, kStopsNode},
    {"slaveof", Route::refused, kChangesReplication},
    {"swapdb", Route::refused, kOnlyDatabase0},
    {"sync", Route::refused, kReplicationOnly},
};

/// Split by slot. A list and not a tip: a command of which we only know that a server calls it
/// "multi_shard" stays whole, because MSETNX was called so and is not.
struct SplitCommand {
  std::string_view name;
  ResponsePolicy merge;  ///< the servers' tips, repeated for servers that send none
};
constexpr SplitCommand kSplitCommands[] = {
    {"del", ResponsePolicy::agg_sum},   {"exists", ResponsePolicy::agg_sum},
    {"mget", ResponsePolicy::none},     {"mset", ResponsePolicy::all_succeeded},
    {"touch", ResponsePolicy::agg_sum}, {"unlink", ResponsePolicy::agg_sum},
};

std::string refusal_sentence(std::string_view name, std::string_view reason) {
  std::string readable = upper_case(name);
  if (const auto bar = readable.find('|'); bar != std::string::npos) readable[bar] = ' ';
  return "slotway: " + readable + " is refused: " + std::string(reason);
}

void set(Command& command, Route route, std::string_view reason = {}) {
  command.route = route;
  command.refusal =
      route == Route::refused ? refusal_sentence(command.name, reason) : std::string();
}

const Override* find_override(std::string_view name) noexcept {
  for (const Override& entry : kOverrides) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

const Override* find_override_of_container(std::string_view name) {
  const std::size_t bar = name.find('|');
  if (bar == std::string_view::npos || name.substr(bar) == "|help") return nullptr;
  return find_override(std::string(name.substr(0, bar)) + "|*");
}

/// The fan-out named by a command's tips; nothing if it has no such tip.
std::optional<Route> fan_out(const Command& command) noexcept {
  switch (command.request_policy) {
    case RequestPolicy::all_nodes:
    case RequestPolicy::all_shards:
      if (command.response_policy == ResponsePolicy::special) return Route::handler;
      return command.request_policy == RequestPolicy::all_nodes ? Route::all_nodes
                                                                : Route::all_shards;
    case RequestPolicy::special:
      return Route::handler;
    case RequestPolicy::none:
    case RequestPolicy::multi_shard:
      return std::nullopt;
  }
  return std::nullopt;
}

void decide_by_facts(Command& command) {
  if (!command.subcommands.empty()) return set(command, Route::handler);
  if (command.has(Flag::blocking)) return set(command, Route::handler);
  if (command.has(Flag::admin)) return set(command, Route::refused, kUnknownAdmin);
  // A key of a pubsub command is a shard channel: only the known ones are understood.
  if (command.has(Flag::pubsub)) return set(command, Route::refused, kUnknownState);
  if (!command.key_specs.empty()) return set(command, Route::by_key);
  if (const auto route = fan_out(command)) return set(command, *route);
  // Modules cannot reach into a connection's state; they mark commands so for reasons of their own.
  if (command.has(Flag::noscript) && !command.has(Flag::module)) {
    return set(command, Route::refused, kUnknownState);
  }
  set(command, Route::any_shard);
}

}  // namespace

void decide_route(Command& command) {
  for (const SplitCommand& split : kSplitCommands) {
    if (split.name != command.name) continue;
    command.response_policy = split.merge;
    return set(command, Route::split);
  }
  const Override* entry = find_override(command.name);
  if (entry == nullptr) entry = find_override_of_container(command.name);
  if (entry != nullptr) return set(command, entry->route, entry->reason);
  decide_by_facts(command);
}

}  // namespace slotway::command
