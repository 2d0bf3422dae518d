#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command/command_table.h"
#include "resp/request_view.h"
#include "session/client_session.h"

namespace slotway::server {

class Dispatcher;

/// A request on its way through the dispatcher: whose it is, what it says, what is known of its
/// command.
struct Call {
  Dispatcher& dispatcher;
  session::ClientSession& session;
  const resp::RequestView& request;
  const command::Command& command;
};

/// Code of Slotway's own for a command.
using Handler = session::Verdict (*)(const Call& call);

struct HandlerBinding {
  std::string_view command;  ///< "ping", "client|id"
  Handler handler;
};

/// The handlers by CommandId, so that finding one is an index.
class HandlerTable {
 public:
  void bind(const command::CommandTable& commands);

  /// Null if the command has none.
  [[nodiscard]] Handler find(command::CommandId id) const noexcept {
    return handlers_[static_cast<std::size_t>(id)];
  }

  /// For a request whose keys lie in several slots and that cannot simply be split. Null: it is
  /// answered with CROSSSLOT.
  [[nodiscard]] Handler find_across_slots(command::CommandId id) const noexcept {
    return across_slots_[static_cast<std::size_t>(id)];
  }

 private:
  std::vector<Handler> handlers_;
  std::vector<Handler> across_slots_;
};

}  // namespace slotway::server
