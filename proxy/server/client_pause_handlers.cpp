// CLIENT PAUSE and UNPAUSE, for the clients of all workers.

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "command/ascii.h"
#include "command/error_texts.h"
#include "resp/encoder.h"
#include "server/client_pause.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

// Far beyond the life of any process, and no sum with it overflows.
constexpr std::int64_t kLongestPauseMs = std::int64_t{1} << 40;

struct Done {};

std::string all_done(const std::vector<Done>&) { return std::string(resp::kOk); }

std::optional<ClientPause::Mode> mode_of(std::string_view word) noexcept {
  if (command::equal_ignoring_case(word, "write")) return ClientPause::Mode::writes;
  if (command::equal_ignoring_case(word, "all")) return ClientPause::Mode::all;
  return std::nullopt;
}

Verdict pause(const Call& call) {
  ClientPause::Mode mode = ClientPause::Mode::all;
  if (call.request.size() > 4) {
    return call.dispatcher.reply_error(call, command::subcommand_syntax_error(call.request));
  }
  if (call.request.size() == 4) {
    const auto named = mode_of(call.request[3]);
    if (!named) {
      return call.dispatcher.reply_error(call, "ERR CLIENT PAUSE mode must be WRITE or ALL");
    }
    mode = *named;
  }
  const std::string_view text = call.request[2];
  std::int64_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc() || end != text.data() + text.size()) {
    return call.dispatcher.reply_error(call, "ERR timeout is not an integer or out of range");
  }
  if (milliseconds < 0) return call.dispatcher.reply_error(call, "ERR timeout is negative");
  const std::uint64_t until_ns =
      call.dispatcher.clock().now_ns() +
      static_cast<std::uint64_t>(std::min(milliseconds, kLongestPauseMs)) *
          kNanosecondsPerMillisecond;
  return ask_all_workers<Done>(
      call,
      [mode, until_ns](Dispatcher& there) {
        there.pause_clients(mode, until_ns);
        return Done();
      },
      all_done);
}

Verdict unpause(const Call& call) {
  return ask_all_workers<Done>(
      call,
      [](Dispatcher& there) {
        there.unpause_clients();
        return Done();
      },
      all_done);
}

constexpr std::array<HandlerBinding, 2> kBindings{{
    {"client|pause", pause},
    {"client|unpause", unpause},
}};

}  // namespace

std::span<const HandlerBinding> client_pause_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
