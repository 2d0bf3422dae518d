#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "command/key_spec.h"

namespace slotway::command {

/// A small number for each command and subcommand, stable for the life of the process: a command
/// keeps its id when a newer table is laid over the built-in one. Counters and handlers are indexed
/// by it.
enum class CommandId : std::uint16_t {};
inline constexpr CommandId kNoCommand{0xffff};

/// Command flags as COMMAND shows them; only those a proxy acts upon have a bit.
/// https://redis.io/docs/latest/commands/command/
enum class Flag : std::uint32_t {
  write = 1U << 0,
  readonly = 1U << 1,
  denyoom = 1U << 2,
  admin = 1U << 3,
  pubsub = 1U << 4,
  noscript = 1U << 5,
  blocking = 1U << 6,
  loading = 1U << 7,
  stale = 1U << 8,
  fast = 1U << 9,
  no_auth = 1U << 10,
  no_multi = 1U << 11,
  movablekeys = 1U << 12,
  module = 1U << 13,
  no_mandatory_keys = 1U << 14,
  skip_monitor = 1U << 15,
  asking = 1U << 16,
  allow_busy = 1U << 17,
};

/// https://redis.io/docs/latest/develop/reference/command-tips/
enum class RequestPolicy : std::uint8_t { none, all_nodes, all_shards, multi_shard, special };
enum class ResponsePolicy : std::uint8_t {
  none,
  one_succeeded,
  all_succeeded,
  agg_logical_and,
  agg_logical_or,
  agg_min,
  agg_max,
  agg_sum,
  special,
};

/// What Slotway does with a command, decided once from the facts and the override list
/// (overrides.h).
enum class Route : std::uint8_t {
  by_key,      ///< forwarded to the owner of its keys' slot; keys of several slots get CROSSSLOT
  split,       ///< keys may lie apart: split by slot, replies merged by response_policy
  any_shard,   ///< no keys: any primary may answer
  all_shards,  ///< every primary, replies merged by response_policy
  all_nodes,   ///< every primary and replica, merged likewise
  handler,     ///< Slotway has code of its own for it (bound by name in server/)
  refused,     ///< answered with an error that says why: refusal
};

/// The RESP types a command's reply may have besides an error; a bit for each. A reply of another
/// type proves that a connection has lost count of its replies. All bits set: nothing is known.
enum class ReplyType : std::uint16_t {
  simple_string = 1U << 0,  // +
  integer = 1U << 1,        // :
  bulk_string = 1U << 2,    // $ (a null bulk included) and the verbatim string =
  array = 1U << 3,          // * (a null array included) and the set ~
  map = 1U << 4,            // %
  null = 1U << 5,           // _
  boolean = 1U << 6,        // #
  number = 1U << 7,         // , and (
};
using ReplyTypes = std::uint16_t;
inline constexpr ReplyTypes kAnyReply = 0xffff;

/// How key_extractor.h finds the keys. A few commands have options that no key specification can
/// express.
enum class KeyRule : std::uint8_t {
  specs,    ///< by key_specs alone
  sort,     ///< SORT: the key, and the destination after STORE
  migrate,  ///< MIGRATE: one key in its place, or all after KEYS
};

/// Everything Slotway knows of one command or subcommand ("get", "config|set").
struct Command {
  CommandId id{};
  std::string name;  ///< lower case, subcommands as "container|sub"
  int arity = 0;     ///< as in COMMAND: negative means "at least"
  std::uint32_t flags = 0;
  std::vector<KeySpec> key_specs;
  /// Argument index of the only key (or shard channel, see KeySpec::not_key), for the many commands
  /// with exactly one at a fixed place; 0 otherwise.
  std::uint32_t single_key = 0;
  KeyRule key_rule = KeyRule::specs;
  RequestPolicy request_policy = RequestPolicy::none;
  ResponsePolicy response_policy = ResponsePolicy::none;
  ReplyTypes reply_types = kAnyReply;
  Route route = Route::any_shard;
  std::string refusal;                 ///< for Route::refused: the sentence after "ERR "
  std::vector<CommandId> subcommands;  ///< of a container such as CONFIG; empty otherwise

  [[nodiscard]] bool has(Flag flag) const noexcept {
    return (flags & static_cast<std::uint32_t>(flag)) != 0;
  }
  [[nodiscard]] bool accepts_arity(std::size_t arguments) const noexcept {
    return arity >= 0 ? arguments == static_cast<std::size_t>(arity)
                      : arguments >= static_cast<std::size_t>(-arity);
  }
};

}  // namespace slotway::command
