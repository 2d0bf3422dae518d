#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cluster/slot.h"
#include "command/command.h"
#include "resp/request_view.h"

namespace slotway::routing {

/// Where the keys of a request send it.
enum class Destination : std::uint8_t {
  no_key,           ///< the request names no key
  one_slot,         ///< all keys lie in RouteDecision::slot: forward the request as it is
  split,            ///< several slots, and the command may be split
  cross_slot,       ///< several slots, and it may not: answer CROSSSLOT
  wrong_arguments,  ///< the last key lacks its value (MSET a 1 b): answer the arity error
};

struct RouteDecision {
  Destination destination;
  cluster::Slot slot;  ///< of the first key; meaningless for no_key
};

/// What a server in cluster mode answers to keys of several slots.
inline constexpr std::string_view kCrossSlotError =
    "CROSSSLOT Keys in request don't hash to the same slot";

/// How many arguments belong to one key of a command that may be split: 2 for MSET, where a value
/// follows each key, 1 for the others. Taken from the step of its first key specification.
[[nodiscard]] std::uint32_t arguments_per_key(const command::Command& command) noexcept;

/// Decides by the slots of the keys. Redis Cluster wants one slot, not one node, for all keys of a
/// command, so no slot map is needed. Called for every request whose command has keys.
/// REQUIRES: each key position < request.size().
[[nodiscard]] RouteDecision decide_route(const command::Command& command,
                                         const resp::RequestView& request,
                                         std::span<const std::uint32_t> key_positions) noexcept;

}  // namespace slotway::routing
