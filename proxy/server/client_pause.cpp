#include "server/client_pause.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "server/client_state.h"

namespace slotway::server {

using session::ClientSession;

namespace {

// What Redis marks CMD_MAY_REPLICATE, which COMMAND does not tell: they may lead to a write. EXEC
// is added: what it has queued is not looked at here.
constexpr std::array<std::string_view, 7> kMayWrite = {"eval",    "evalsha", "exec",    "fcall",
                                                       "pfcount", "publish", "spublish"};

}  // namespace

bool may_write(const command::Command& command) noexcept {
  return command.has(command::Flag::write) ||
         std::ranges::find(kMayWrite, command.name) != kMayWrite.end();
}

void ClientPause::start(Mode mode, std::uint64_t until_ns) noexcept {
  mode_ = is_on() ? std::max(mode_, mode) : mode;
  until_ns_ = std::max(until_ns_, until_ns);
}

bool ClientPause::holds_back(const command::Command& command,
                             ClientSession& session) const noexcept {
  if (!is_on()) return false;
  const ClientState* state = ClientState::find(session);
  if (state != nullptr && state->monitors) return false;
  return mode_ == Mode::all ? command.name != "client|unpause" : may_write(command);
}

void ClientPause::forget(ClientSession& session) { std::erase(held_, &session); }

void ClientPause::release() {
  for (ClientSession* session : std::exchange(held_, {})) {
    session->restart_clock();
    session->resume(session::Pause::route);
  }
}

}  // namespace slotway::server
