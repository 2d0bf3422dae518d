#include "server/handler.h"

#include <array>

#include "server/handlers.h"

namespace slotway::server {

void HandlerTable::bind(const command::CommandTable& commands) {
  handlers_.assign(commands.size(), nullptr);
  for (const auto bindings : {connection_handlers(), client_handlers(), client_list_handlers(),
                              client_pause_handlers(), identity_handlers(), monitor_handlers(),
                              scan_handlers(), server_handlers(), whole_cluster_handlers()}) {
    for (const HandlerBinding& binding : bindings) {
      for (const command::Command& command : commands.commands()) {
        if (command.name != binding.command) continue;
        handlers_[static_cast<std::size_t>(command.id)] = binding.handler;
      }
    }
  }
}

}  // namespace slotway::server
