#include "server/handler.h"

#include <array>

#include "server/handlers.h"

namespace slotway::server {

namespace {

void bind_all(std::span<const HandlerBinding> bindings, const command::CommandTable& commands,
              std::vector<Handler>& handlers) {
  for (const HandlerBinding& binding : bindings) {
    for (const command::Command& command : commands.commands()) {
      if (command.name != binding.command) continue;
      handlers[static_cast<std::size_t>(command.id)] = binding.handler;
    }
  }
}

}  // namespace

void HandlerTable::bind(const command::CommandTable& commands) {
  handlers_.assign(commands.size(), nullptr);
  for (const auto bindings : {
           blocking_handlers(),     client_handlers(),   client_list_handlers(),
           client_pause_handlers(), cluster_handlers(),  config_handlers(),
           connection_handlers(),   identity_handlers(), info_handlers(),
           latency_handlers(),      monitor_handlers(),  pubsub_handlers(),
           pubsub_list_handlers(),  scan_handlers(),     script_handlers(),
           server_handlers(),       slow_log_handlers(), tracking_handlers(),
           transaction_handlers(),  wait_handlers(),     whole_cluster_handlers(),
       }) {
    bind_all(bindings, commands, handlers_);
  }
  across_slots_.assign(commands.size(), nullptr);
  for (const auto bindings : {hyperloglog_handlers(), set_read_handlers(),
                              sorted_set_read_handlers(), stream_read_handlers()}) {
    bind_all(bindings, commands, across_slots_);
  }
}

}  // namespace slotway::server
