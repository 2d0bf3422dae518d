#pragma once

#include <optional>

#include "server/handler.h"
#include "server/transaction.h"

namespace slotway::server {

/// What becomes of a request of a client that is between MULTI and EXEC. Nothing: the request takes
/// its ordinary way (EXEC, DISCARD, RESET, ...).
[[nodiscard]] std::optional<session::Verdict> queue_in_transaction(const Call& call,
                                                                   Transaction& transaction);

}  // namespace slotway::server
