#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cluster/endpoint.h"
#include "cluster/slot.h"

namespace slotway::cluster {

/// A node's answer that another node has to be asked.
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding
struct Redirection {
  enum class Kind : std::uint8_t {
    moved,  ///< the slot belongs to target from now on
    ask,    ///< the slot is moving; only this request goes to target, after ASKING
  };

  Kind kind;
  Slot slot;
  Endpoint target;

  friend bool operator==(const Redirection&, const Redirection&) = default;
};

/// Reads "MOVED <slot> <endpoint>" or "ASK <slot> <endpoint>": the text of an error reply without
/// the leading '-' and the final CR LF. Nothing for any other text, be it an ordinary error or a
/// malformed redirection, which then is handled as the plain error it looks like. An empty host in
/// the target stands for host_of_node_asked. Called for each error reply, hence cheap for the
/// others.
[[nodiscard]] std::optional<Redirection> parse_redirection(std::string_view error_text,
                                                           std::string_view host_of_node_asked);

}  // namespace slotway::cluster
