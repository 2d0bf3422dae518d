#include "command/overrides.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "command/ascii.h"
#include "command/command_table.h"
#include "command/vocabulary.h"

namespace slotway::command {

namespace {

std::set<std::string> names_in(std::string_view text) {
  std::set<std::string> names;
  for_each_word(text, [&](std::string_view word) { names.emplace(word); });
  return names;
}

std::set<std::string> names_with(Route route) {
  std::set<std::string> names;
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (command.route == route) names.insert(command.name);
  }
  return names;
}

/// Reads as a difference: what is there and should not be, and the other way round.
void check_same(const std::set<std::string>& actual, const std::set<std::string>& expected) {
  for (const std::string& name : actual) {
    CAPTURE(name);
    CHECK(expected.contains(name));
  }
  for (const std::string& name : expected) {
    CAPTURE(name);
    CHECK(actual.contains(name));
  }
}

Command unknown_command(std::uint32_t flags, bool with_key = false) {
  Command command;
  command.name = "nobody.knows";
  command.arity = -1;
  command.flags = flags;
  if (with_key) command.key_specs.push_back({BeginIndex{1}, FindRange{0, 1, 0}});
  return command;
}

constexpr std::uint32_t bit(Flag flag) { return static_cast<std::uint32_t>(flag); }

Route decided(Command command) {
  decide_route(command);
  return command.route;
}

// Whatever they are told, these leave the connection in another state than it was in, or keep it
// busy.
constexpr std::string_view kConnectionState =
    "asking auth client|caching client|capa client|import-source client|no-evict client|no-touch "
    "client|reply client|setinfo client|setname client|tracking discard exec hello "
    "himport|discard himport|discardall himport|prepare himport|set monitor multi psubscribe psync "
    "punsubscribe quit readonly readwrite replconf reset script|debug select ssubscribe subscribe "
    "sunsubscribe sync unsubscribe unwatch wait waitaof watch";

}  // namespace

TEST_CASE("nothing that changes the state of a connection is ever forwarded") {
  const auto table = CommandTable::built_in();
  const auto names = names_in(kConnectionState);
  std::size_t seen = 0;
  for (const Command& command : table->commands()) {
    if (!names.contains(command.name) && !command.has(Flag::blocking)) continue;
    ++seen;
    CAPTURE(command.name);
    CHECK((command.route == Route::handler || command.route == Route::refused));
  }
  CHECK(seen >= names.size());
}

TEST_CASE("by key goes only what has keys, and neither stops nor subscribes") {
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (command.route != Route::by_key) continue;
    CAPTURE(command.name);
    CHECK_FALSE(command.key_specs.empty());
    CHECK(command.subcommands.empty());
    CHECK_FALSE(command.has(Flag::blocking));
    CHECK((!command.has(Flag::pubsub) || command.name == "spublish"));
    CHECK((!command.has(Flag::admin) || command.name == "debug|object"));
    CHECK((command.has(Flag::write) || command.has(Flag::readonly) || command.name == "spublish" ||
           command.name == "debug|object" || command.name.starts_with("eval") ||
           command.name.starts_with("fcall")));
  }
}

TEST_CASE("split are only the six whose parts mean what the whole means") {
  const auto table = CommandTable::built_in();
  check_same(names_with(Route::split), names_in("del exists mget mset touch unlink"));
  for (const std::string& name : names_with(Route::split)) {
    CAPTURE(name);
    const Command& command = *table->find(name);
    REQUIRE(command.key_specs.size() == 1);
    const auto& range = std::get<FindRange>(command.key_specs[0].find);
    CHECK(range.last_key == -1);
    CHECK(range.step == (name == "mset" ? 2 : 1));
  }
  CHECK(table->find("del")->response_policy == ResponsePolicy::agg_sum);
  CHECK(table->find("mset")->response_policy == ResponsePolicy::all_succeeded);
  CHECK(table->find("mget")->response_policy == ResponsePolicy::none);
}

TEST_CASE("MSETNX stays whole although redis-server 7.0 announces it as multi_shard") {
  const Command& command = *CommandTable::built_in()->find("msetnx");
  CHECK(command.request_policy == RequestPolicy::multi_shard);
  CHECK(command.route == Route::by_key);
  CHECK(CommandTable::built_in()->find("msetex")->route == Route::by_key);
}

TEST_CASE("to any shard go only commands without keys, each of them thought about") {
  check_same(names_with(Route::any_shard),
             names_in("acl|cat acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|users "
                      "client|help cluster|help cluster|keyslot command|count command|docs "
                      "command|getkeys command|getkeysandflags command|help command|info "
                      "command|list commandlog|help config|help function|dump function|help "
                      "function|list hotkeys|help latency|help lolwut memory|help module|help "
                      "module|list object|help publish pubsub|help script|help script|show "
                      "slowlog|help xgroup|help xinfo|help"));
  for (const std::string& name : names_with(Route::any_shard)) {
    const auto table = CommandTable::built_in();
    const std::size_t bar = name.find('|');
    const Command* command = table->find(name.substr(0, bar));
    if (bar != std::string::npos) command = table->find_subcommand(*command, name.substr(bar + 1));
    CAPTURE(name);
    CHECK(command->key_specs.empty());
  }
}

TEST_CASE("fan-outs are those the tips name, and their replies can be merged") {
  check_same(names_with(Route::all_shards),
             names_in("dbsize flushall flushdb function|delete function|flush "
                      "function|load function|restore memory|purge script|exists"));
  CHECK(names_with(Route::all_nodes).empty());
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (command.route != Route::all_shards && command.route != Route::all_nodes) continue;
    CAPTURE(command.name);
    CHECK(command.response_policy != ResponsePolicy::special);
    CHECK(command.response_policy != ResponsePolicy::none);
    CHECK(
        command.request_policy ==
        (command.route == Route::all_nodes ? RequestPolicy::all_nodes : RequestPolicy::all_shards));
  }
}

TEST_CASE("handlers are a list somebody binds, not an accident") {
  auto handled = names_with(Route::handler);
  const auto table = CommandTable::built_in();
  // A container's own name means nothing without a subcommand.
  std::erase_if(handled, [&](const std::string& name) {
    const Command* command = table->find(name);
    return command != nullptr && !command->subcommands.empty() && name != "command";
  });
  check_same(
      handled,
      names_in(
          "acl|whoami asking auth blmove blmovem blmpop blpop brpop brpoplpush bzmpop bzpopmax "
          "bzpopmin client|caching client|capa client|getname client|getredir client|id "
          "client|import-source client|info client|kill client|list client|no-evict "
          "client|no-touch client|pause client|reply client|setinfo client|setname "
          "client|tracking client|trackinginfo client|unblock client|unpause "
          "cluster|count-failure-reports cluster|countkeysinslot cluster|getkeysinslot "
          "cluster|info cluster|links cluster|myid "
          "cluster|myshardid cluster|nodes cluster|replicas cluster|shards cluster|slaves "
          "cluster|slot-stats cluster|slots command config|get config|resetstat config|rewrite "
          "config|set discard echo "
          "eval eval_ro evalsha evalsha_ro exec function|kill function|stats hello info keys "
          "lastsave "
          "latency|doctor latency|graph "
          "latency|histogram latency|history latency|latest latency|reset memory|doctor "
          "memory|malloc-stats memory|stats monitor multi ping psubscribe pubsub|channels "
          "pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub punsubscribe "
          "quit randomkey readonly readwrite reset role scan script|flush script|kill script|load "
          "select "
          "slowlog|get slowlog|len "
          "slowlog|reset ssubscribe subscribe sunsubscribe time unsubscribe unwatch wait "
          "watch xread xreadgroup"));
}

TEST_CASE("a refusal is a sentence that begins with what is refused and goes on with why") {
  const auto table = CommandTable::built_in();
  std::size_t refused = 0;
  for (const Command& command : table->commands()) {
    CAPTURE(command.name);
    CHECK(command.refusal.empty() == (command.route != Route::refused));
    if (command.route != Route::refused) continue;
    ++refused;
    std::string name = upper_case(command.name);
    if (const auto bar = name.find('|'); bar != std::string::npos) name[bar] = ' ';
    const std::string beginning = "slotway: " + name + " is refused: ";
    CHECK(command.refusal.starts_with(beginning));
    CHECK(command.refusal.size() > beginning.size() + 20);
    CHECK(command.refusal.find_first_of("\r\n.") == std::string::npos);
  }
  CHECK(refused > 50);
  for (const char* name : {"shutdown", "replicaof", "slaveof", "debug", "migrate", "sync", "psync",
                           "replconf", "save", "bgsave", "bgrewriteaof", "failover", "swapdb",
                           "move", "restore-asking", "pfselftest", "pfdebug"}) {
    CAPTURE(name);
    CHECK(table->find(name)->route == Route::refused);
  }
}

TEST_CASE("each admin command is refused or handled on purpose") {
  const auto harmless =
      names_in("acl|dryrun acl|getuser acl|list acl|users debug|object module|list");
  for (const Command& command : CommandTable::built_in()->commands()) {
    if (!command.has(Flag::admin) || harmless.contains(command.name)) continue;
    CAPTURE(command.name);
    CHECK((command.route == Route::refused || command.route == Route::handler));
    if (command.name.starts_with("cluster|")) {
      CHECK((command.route == Route::refused) ==
            !names_in("cluster|count-failure-reports cluster|replicas cluster|slaves")
                 .contains(command.name));
    }
  }
}

TEST_CASE("what nobody has heard of routes by its facts") {
  CHECK(decided(unknown_command(bit(Flag::readonly))) == Route::any_shard);
  CHECK(decided(unknown_command(bit(Flag::write), true)) == Route::by_key);
  CHECK(decided(unknown_command(bit(Flag::write) | bit(Flag::noscript), true)) == Route::by_key);
  CHECK(decided(unknown_command(bit(Flag::noscript) | bit(Flag::module))) == Route::any_shard);
}

TEST_CASE("what nobody has heard of is not forwarded if it could do harm") {
  CHECK(decided(unknown_command(bit(Flag::admin))) == Route::refused);
  CHECK(decided(unknown_command(bit(Flag::admin), true)) == Route::refused);
  CHECK(decided(unknown_command(bit(Flag::pubsub))) == Route::refused);
  CHECK(decided(unknown_command(bit(Flag::pubsub), true)) == Route::refused);
  CHECK(decided(unknown_command(bit(Flag::noscript))) == Route::refused);
  CHECK(decided(unknown_command(bit(Flag::blocking), true)) == Route::handler);
}

TEST_CASE("tips decide the fan-out of unknown commands, but never split them") {
  Command command = unknown_command(bit(Flag::write));
  command.request_policy = RequestPolicy::all_shards;
  command.response_policy = ResponsePolicy::agg_sum;
  CHECK(decided(command) == Route::all_shards);
  command.request_policy = RequestPolicy::all_nodes;
  CHECK(decided(command) == Route::all_nodes);
  command.response_policy = ResponsePolicy::special;
  CHECK(decided(command) == Route::handler);
  command.request_policy = RequestPolicy::special;
  CHECK(decided(command) == Route::handler);
  Command multi = unknown_command(bit(Flag::write), true);
  multi.request_policy = RequestPolicy::multi_shard;
  CHECK(decided(multi) == Route::by_key);
}

}  // namespace slotway::command
