// The server group: what a client asks of "the server", which for it is Slotway.

#include <array>
#include <chrono>
#include <string>

#include "resp/encoder.h"
#include "resp/reply_writer.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

Verdict time(const Call& call) {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = duration_cast<std::chrono::seconds>(now);
  const auto microseconds = duration_cast<std::chrono::microseconds>(now - seconds);
  std::string reply;
  resp::append_array_header(reply, 2);
  resp::append_bulk(reply, std::to_string(seconds.count()));
  resp::append_bulk(reply, std::to_string(microseconds.count()));
  return call.dispatcher.reply(call, reply);
}

// What a single Redis without replicas says: whoever reads it may write here.
Verdict role(const Call& call) {
  return call.dispatcher.reply(
      call,
      resp::ReplyWriter(call.session.protocol).array(3).bulk("master").integer(0).array(0).take());
}

// Any node can answer, and all of them alike.
Verdict ask_any_shard(const Call& call) { return call.dispatcher.forward_to_any_shard(call); }

constexpr std::array<HandlerBinding, 3> kBindings{{
    {"role", role},
    {"time", time},
    {"command", ask_any_shard},
}};

}  // namespace

std::span<const HandlerBinding> server_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
