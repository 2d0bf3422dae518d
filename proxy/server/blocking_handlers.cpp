// Commands that block, and CLIENT UNBLOCK.

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "command/ascii.h"
#include "command/request_conditions.h"
#include "resp/encoder.h"
#include "server/blocking_work.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/private_works.h"

namespace slotway::server {

using session::Verdict;

namespace {

Verdict read_streams(const Call& call) {
  return command::asks_to_block(call.request) ? begin_blocking(call)
                                              : call.dispatcher.forward_by_keys(call);
}

// The answer to CLIENT UNBLOCK comes from the worker that has the client, when it has come to know
// it.
class UnblockRequest final : public session::RequestWork {
 public:
  void expect(std::size_t answers) noexcept { awaited_ = answers; }
  /// True once all have answered, or one of them with yes.
  [[nodiscard]] bool add(bool unblocked) noexcept {
    unblocked_ = unblocked_ || unblocked;
    return --awaited_ == 0 || unblocked_;
  }
  [[nodiscard]] bool unblocked() const noexcept { return unblocked_; }

 private:
  std::size_t awaited_ = 0;
  bool unblocked_ = false;
};

void take_unblock_answer(Dispatcher& here, session::RequestHandle asking, bool unblocked) {
  session::PendingRequest* pending = here.find_pending(asking);
  if (pending == nullptr) return;
  auto& request = static_cast<UnblockRequest&>(*pending->work);
  if (request.add(unblocked)) {
    here.answer(*pending, resp::integer_reply(request.unblocked() ? 1 : 0));
  }
}

Verdict unblock(const Call& call) {
  Unblock how = Unblock::as_timed_out;
  if (call.request.size() > 4) {
    return call.dispatcher.reply_error(
        call, "ERR wrong number of arguments for 'client|unblock' command");
  }
  if (call.request.size() == 4) {
    if (command::equal_ignoring_case(call.request[3], "error")) {
      how = Unblock::with_error;
    } else if (!command::equal_ignoring_case(call.request[3], "timeout")) {
      return call.dispatcher.reply_error(call,
                                         "ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  std::int64_t id = 0;
  const std::string_view text = call.request[2];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return call.dispatcher.reply_error(call, "ERR value is not an integer or out of range");
  }
  auto owned = std::make_unique<UnblockRequest>();
  UnblockRequest& request = *owned;
  WorkerPeers& peers = call.dispatcher.peers();
  const session::RequestHandle asking =
      call.dispatcher.open_for_later(call, std::move(owned)).handle();
  const std::size_t asker = peers.worker_index();
  request.expect(peers.worker_count());
  for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
    const bool sent = peers.post(worker, [=](Dispatcher& there) {
      WorkerPeers* back = &there.peers();
      there.private_works().unblock(static_cast<std::uint64_t>(id), how,
                                    [asker, asking, back](bool unblocked) {
                                      back->post(asker, [asking, unblocked](Dispatcher& here) {
                                        take_unblock_answer(here, asking, unblocked);
                                      });
                                    });
    });
    if (!sent) take_unblock_answer(call.dispatcher, asking, false);
  }
  return Verdict::accepted;
}

constexpr std::array<HandlerBinding, 12> kBindings{{
    {"blpop", begin_blocking},
    {"brpop", begin_blocking},
    {"blmove", begin_blocking},
    {"blmovem", begin_blocking},
    {"brpoplpush", begin_blocking},
    {"blmpop", begin_blocking},
    {"bzpopmin", begin_blocking},
    {"bzpopmax", begin_blocking},
    {"bzmpop", begin_blocking},
    {"xread", read_streams},
    {"xreadgroup", read_streams},
    {"client|unblock", unblock},
}};

}  // namespace

std::span<const HandlerBinding> blocking_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
