#include "server/monitor_feed.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "server/client_pause.h"
#include "server/dispatcher.h"
#include "server/monitor_line.h"

namespace slotway::server {

using session::ClientSession;

void MonitorFeed::remove(ClientSession& session) { std::erase(monitors_, &session); }

void MonitorFeed::begin_recording_for(std::size_t worker) {
  wanted_by_.resize(peers_.worker_count());
  ++wanted_by_[worker];
  ++recorded_for_;
}

void MonitorFeed::end_recording_for(std::size_t worker) {
  --wanted_by_[worker];
  --recorded_for_;
}

void MonitorFeed::record(ClientSession& session, const command::Command& command,
                         const resp::RequestView& request) {
  if (!is_shown_to_monitors(command)) return;
  const net::Transport& transport = session.transport();
  std::string address = transport.peer_address();
  if (transport.is_unix()) address = "unix:" + address.substr(0, address.rfind(':'));
  append_monitor_line(lines_, std::chrono::system_clock::now(), address, command, request);
}

void MonitorFeed::send_lines() {
  const auto lines = std::make_shared<const std::string>(std::exchange(lines_, {}));
  for (std::size_t worker = 0; worker < wanted_by_.size(); ++worker) {
    if (wanted_by_[worker] == 0) continue;
    if (worker == peers_.worker_index()) {
      deliver(*lines);
    } else {
      peers_.post(worker, [lines](Dispatcher& there) { there.monitor_feed().deliver(*lines); });
    }
  }
}

void MonitorFeed::deliver(std::string_view lines) {
  for (ClientSession* monitor : monitors_) monitor->push(lines);
}

void stop_monitoring(Dispatcher& dispatcher, ClientSession& session) {
  dispatcher.monitor_feed().remove(session);
  WorkerPeers& peers = dispatcher.peers();
  const std::size_t own = peers.worker_index();
  for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
    if (worker == own) {
      dispatcher.end_monitoring_for(own);
    } else {
      peers.post(worker, [own](Dispatcher& there) { there.end_monitoring_for(own); });
    }
  }
}

bool is_forbidden_for_monitors(const command::Command& command) noexcept {
  return command.has(command::Flag::readonly) || may_write(command);
}

session::Verdict refuse_to_monitor(const Call& call) {
  return call.dispatcher.reply_error(call, "ERR Replica can't interact with the keyspace");
}

}  // namespace slotway::server
