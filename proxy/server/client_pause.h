#pragma once

#include <cstdint>
#include <vector>

#include "command/command.h"
#include "session/client_session.h"

namespace slotway::server {

/// Redis' CMD_WRITE or CMD_MAY_REPLICATE: what CLIENT PAUSE WRITE holds back.
[[nodiscard]] bool may_write(const command::Command& command) noexcept;

/// CLIENT PAUSE, as one worker keeps it: which requests wait, until when, and whose they are. A
/// request that was on its way to a node when the pause began is not held up.
/// https://redis.io/docs/latest/commands/client-pause/
class ClientPause {
 public:
  enum class Mode : std::uint8_t {
    writes,  ///< whatever may write waits
    all,     ///< everything but CLIENT UNPAUSE waits
  };

  /// Begins a pause, or makes the present one longer and stricter, never shorter or milder (as in
  /// Redis).
  void start(Mode mode, std::uint64_t until_ns) noexcept;
  void stop() noexcept { until_ns_ = 0; }

  [[nodiscard]] bool is_on() const noexcept { return until_ns_ != 0; }
  [[nodiscard]] bool is_over(std::uint64_t now_ns) const noexcept {
    return is_on() && now_ns >= until_ns_;
  }
  /// True if a request for this command has to wait. Monitors are exempt, as replicas are in Redis.
  [[nodiscard]] bool holds_back(const command::Command& command,
                                session::ClientSession& session) const noexcept;

  /// Keeps a session whose request was held back, to be resumed at the end.
  void add(session::ClientSession& session) { held_.push_back(&session); }
  void forget(session::ClientSession& session);
  /// Lets all held sessions go on. Their requests get their full time again.
  void release();

 private:
  Mode mode_ = Mode::writes;
  std::uint64_t until_ns_ = 0;  // 0: no pause
  std::vector<session::ClientSession*> held_;
};

}  // namespace slotway::server
