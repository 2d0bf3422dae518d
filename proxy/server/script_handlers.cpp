// EVAL, EVALSHA and what else makes Slotway remember scripts or forget them. FCALL needs nothing of
// the kind: functions belong to the nodes' data, so replicas and new nodes have them.

#include <array>

#include "command/ascii.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

Verdict eval(const Call& call) {
  call.dispatcher.learn_script(call.request[1], ScriptSource::evaluated);
  return call.dispatcher.forward_by_keys(call);
}

Verdict evalsha(const Call& call) { return call.dispatcher.forward_script_call(call); }

Verdict script_load(const Call& call) {
  call.dispatcher.learn_script(call.request[2], ScriptSource::loaded);
  return call.dispatcher.fan_out(call);
}

Verdict script_flush(const Call& call) {
  const bool is_valid =
      call.request.size() == 2 ||
      (call.request.size() == 3 && (command::equal_ignoring_case(call.request[2], "sync") ||
                                    command::equal_ignoring_case(call.request[2], "async")));
  if (is_valid) call.dispatcher.forget_scripts();
  return call.dispatcher.fan_out(call);
}

constexpr std::array<HandlerBinding, 6> kBindings{{
    {"eval", eval},
    {"eval_ro", eval},
    {"evalsha", evalsha},
    {"evalsha_ro", evalsha},
    {"script|load", script_load},
    {"script|flush", script_flush},
}};

}  // namespace

std::span<const HandlerBinding> script_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
