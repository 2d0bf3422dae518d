#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.h"
#include "resp/request_view.h"
#include "server/handler.h"
#include "server/worker_peers.h"
#include "session/client_session.h"

namespace slotway::server {

/// MONITOR, as one worker sees it: the monitors among its own clients, and the workers whose
/// clients monitor, which get the lines of what this worker's clients send.
///
/// Lines gather during a turn and leave at its end, one message for each worker that wants them.
/// Lines of one client are in order; those of clients on different workers may be a turn apart.
class MonitorFeed {
 public:
  explicit MonitorFeed(WorkerPeers& peers) noexcept : peers_(peers) {}

  /// One of this worker's clients begins to monitor, after all workers have begun to record for it.
  void add(session::ClientSession& session) { monitors_.push_back(&session); }
  void remove(session::ClientSession& session);

  /// A client of that worker begins or ends to monitor. Counted: several may.
  void begin_recording_for(std::size_t worker);
  void end_recording_for(std::size_t worker);

  /// True if requests have to be recorded.
  [[nodiscard]] bool is_recording() const noexcept { return recorded_for_ > 0; }
  void record(session::ClientSession& session, const command::Command& command,
              const resp::RequestView& request);
  /// At the end of each turn.
  void send_recorded() {
    if (!lines_.empty()) [[unlikely]]
      send_lines();
  }

  /// Passes lines on to this worker's own monitors.
  void deliver(std::string_view lines);

 private:
  void send_lines();

  WorkerPeers& peers_;
  std::vector<session::ClientSession*> monitors_;
  std::vector<std::uint32_t> wanted_by_;  // monitors of each worker, by its index
  std::size_t recorded_for_ = 0;          // the sum of those
  std::string lines_;
};

/// Undoes what MONITOR did on all workers, also if the client has left before all had begun to
/// record.
void stop_monitoring(Dispatcher& dispatcher, session::ClientSession& session);

/// True if a monitor may not send this command, as Redis has it.
[[nodiscard]] bool is_forbidden_for_monitors(const command::Command& command) noexcept;
/// The answer to such a command.
[[nodiscard]] session::Verdict refuse_to_monitor(const Call& call);

}  // namespace slotway::server
