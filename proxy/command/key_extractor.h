#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "resp/request_view.h"

namespace slotway::command {

enum class KeyResult : std::uint8_t {
  found,              ///< positions holds at least one
  no_keys,            ///< the request names none (EVAL with numkeys 0): any shard may run it
  invalid_numkeys,    ///< the count of keys is no number, or not one the command takes
  invalid_arguments,  ///< keys are announced that are not there
  unknown,            ///< the command has keys, but its facts do not say where
};

/// Finds the argument indexes of all keys of a request, in the order in which its key
/// specifications name them, as getKeysUsingKeySpecs() of Redis does. Shard channels
/// (KeySpec::not_key) count, since they route like keys.
///
/// `positions` is overwritten, and empty unless the result is `found`. It allocates only if it has
/// to grow. Called for each request whose command has no single_key. For a command that has
/// arguments its arity does not allow the result is arbitrary but safe.
///
/// A request with invalid arguments may go to any shard: the server finds the same fault and says
/// so in its own words, and a server in cluster mode never touches keys of other slots.
[[nodiscard]] KeyResult extract_keys(const Command& command, const resp::RequestView& request,
                                     std::vector<std::uint32_t>& positions);

/// Argument indexes of the BY and GET patterns of SORT and SORT_RO that make the server read other
/// keys
/// ("weight_*", but neither "#" nor BY with a constant). Those keys are in no slot we could know: a
/// server in cluster mode refuses them or wants a hash tag in them.
void find_sort_patterns(const resp::RequestView& request, std::vector<std::uint32_t>& positions);

}  // namespace slotway::command
