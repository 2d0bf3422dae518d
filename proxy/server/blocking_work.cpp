#include "server/blocking_work.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "resp/encoder.h"
#include "resp/reply_tree.h"
#include "resp/request_parser.h"
#include "routing/router.h"
#include "server/dispatcher.h"
#include "server/not_run.h"

namespace slotway::server {

using session::Verdict;

namespace {

constexpr std::string_view kClientIdRequest = "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n";
constexpr std::string_view kUnblockedError = "UNBLOCKED client unblocked via CLIENT UNBLOCK";

constexpr std::size_t kMostStreamStarts = 1000;

// The node does not want to tell.
constexpr std::int64_t kNoClientId = -1;

// A node that does not find the client blocked may not have got its command yet: it is asked again.
constexpr unsigned kUnblockAttempts = 4;

bool is_null(const resp::ReplyFrame& reply) noexcept {
  return reply.bytes == "*-1\r\n" || reply.bytes == "_\r\n" || reply.bytes == resp::kNullBulk;
}

std::int64_t integer_of(std::string_view frame) noexcept {
  std::int64_t value = 0;
  if (frame.front() == ':') std::from_chars(frame.data() + 1, frame.data() + frame.size(), value);
  return value;
}

// What XINFO STREAM calls the last id. It comes right before XREAD, so that is what "$" means, or a
// little less.
std::optional<std::string> last_id_of(const resp::ReplyFrame& info) {
  constexpr std::string_view kField = "$17\r\nlast-generated-id\r\n$";
  if (info.is_error()) {
    return error_text(info.bytes) == "ERR no such key" ? std::optional<std::string>("0-0")
                                                       : std::nullopt;
  }
  const std::size_t at = info.bytes.find(kField);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = info.bytes.substr(at + kField.size());
  rest.remove_prefix(std::min(rest.size(), rest.find('\n') + 1));
  return std::string(rest.substr(0, rest.find('\r')));
}

}  // namespace

BlockingWork::BlockingWork(const Call& call, cluster::Slot slot)
    : PrivateRequest(call.dispatcher, slot),
      protocol_(call.session.protocol),
      only_reads_(call.command.has(command::Flag::readonly)),
      request_(call.request.bytes()),
      timeout_(command::find_blocking_timeout(call.command, call.request)) {
  for (const command::StreamEnd& end : command::find_stream_ends(call.command, call.request)) {
    stream_starts_.push_back({end.id_argument, std::string(call.request[end.key_argument]), {}});
  }
  if (!timeout_) return;
  if (const auto time = command::blocking_time(*timeout_, call.request)) {
    until_ns_ = dispatcher().now_ns() + static_cast<std::uint64_t>(time->count());
  }
}

BlockingWork::~BlockingWork() { tell_unblockers(false); }

std::string BlockingWork::message(std::uint64_t now_ns) {
  return std::exchange(was_sent_, true) ? message_again(now_ns) : request_;
}

std::string BlockingWork::message_again(std::uint64_t now_ns) const {
  std::vector<command::Replacement> changes;
  if (until_ns_ != 0) {
    // The node decides what there is at the end of the time, so it is asked even if that has
    // passed.
    const std::chrono::nanoseconds left(until_ns_ > now_ns ? until_ns_ - now_ns : 0);
    changes.push_back({timeout_->argument, command::blocking_time_text(*timeout_, left)});
  }
  for (const StreamStart& start : stream_starts_) {
    if (start.last_id) changes.push_back({start.id_argument, *start.last_id});
  }
  resp::RequestParser parser;
  static_cast<void>(parser.parse(request_, {}));  // it was parsed before
  return command::with_replaced(parser.request(), changes);
}

void BlockingWork::before_command(session::PendingRequest& pending) {
  upstream::Connection& connection = lease().connection();
  if (lease().node_client_id() == 0) {
    Dispatcher::send_own(connection, pending.handle(), kClientId, kClientIdRequest);
  }
  for (std::size_t i = 0; i < stream_starts_.size() && i < kMostStreamStarts; ++i) {
    if (stream_starts_[i].last_id) continue;
    if (asked()) Dispatcher::send_asking(connection, slot());
    Dispatcher::send_own(connection, pending.handle(), static_cast<std::uint16_t>(kFirstStream + i),
                         resp::format_command({"XINFO", "STREAM", stream_starts_[i].key}));
  }
}

void BlockingWork::on_result(WorkContext& context, const resp::ReplyFrame& reply) {
  const bool was_unblocked =
      reply.is_error() ? error_text(reply.bytes) == kUnblockedError : is_null(reply);
  lease().give_back();
  tell_unblockers(was_unblocked);
  context.pending().started_ns =
      dispatcher().now_ns();  // what a client chose to wait is no latency
  context.finish(std::string(reply.bytes));
}

void BlockingWork::tick(std::uint64_t now_ns) {
  if (unblock_ && !is_sent()) return answer_unblocked();
  if (unblock_is_due_) ask_node_to_unblock();
  PrivateRequest::tick(now_ns);  // the work may have ended
}

// --- CLIENT UNBLOCK
// --------------------------------------------------------------------------------------

// The node itself is asked to end the block, not the connection: what it may just have popped for
// the client must not be lost, and only the node knows.
void BlockingWork::unblock(Unblock how, UnblockDone done) {
  unblockers_.push_back(std::move(done));
  if (!unblock_) unblock_ = how;
  if (!is_sent()) return answer_unblocked();  // no node has it
  unblock_attempts_ = 0;
  unblock_is_due_ = true;
  ask_node_to_unblock();
}

void BlockingWork::ask_node_to_unblock() {
  session::PendingRequest* pending = dispatcher().find_pending(handle());
  if (lease().node_client_id() == 0 || pending == nullptr) return;  // the next tick will know
  if (lease().node_client_id() == kNoClientId) {
    unblock_.reset();
    unblock_is_due_ = false;
    return tell_unblockers(false);
  }
  const std::string id = std::to_string(lease().node_client_id());
  const std::string request = resp::format_command(
      {"CLIENT", "UNBLOCK", id, *unblock_ == Unblock::with_error ? "ERROR" : "TIMEOUT"});
  unblock_is_due_ =
      !dispatcher().send_own_shared(lease().connection().endpoint(), *pending, kUnblock, request);
}

void BlockingWork::on_other_reply(WorkContext&, std::uint16_t part, const resp::ReplyFrame& reply) {
  if (part == kClientId) {
    const std::int64_t id = integer_of(reply.bytes);
    if (lease()) lease().set_node_client_id(id == 0 ? kNoClientId : id);
    return;
  }
  if (part >= kFirstStream) {
    stream_starts_[part - kFirstStream].last_id = last_id_of(reply);
    return;
  }
  if (integer_of(reply.bytes) == 1) return;  // the command's reply says the rest
  if (!reply.is_error() && ++unblock_attempts_ < kUnblockAttempts) {
    unblock_is_due_ = true;
    return;
  }
  unblock_.reset();
  tell_unblockers(false);
}

void BlockingWork::tell_unblockers(bool unblocked) {
  for (const UnblockDone& done : std::exchange(unblockers_, {})) done(unblocked);
}

void BlockingWork::answer_unblocked() {
  tell_unblockers(true);
  if (unblock_ == Unblock::with_error) return answer(resp::error_reply(kUnblockedError));
  answer(protocol_ == 3 ? "_\r\n" : "*-1\r\n");
}

// --- How it begins
// -----------------------------------------------------------------------------------------

Verdict begin_blocking(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  const auto keys = dispatcher.slot_of_keys(call);
  if (!keys) return dispatcher.reply_error(call, keys.error());
  if (call.session.waiting() > 0) return Verdict::stalled;  // they travel on other connections
  cluster::Slot slot;
  if (*keys) {
    slot = **keys;
  } else if (!dispatcher.shard_slots().empty()) {
    slot =
        dispatcher.shard_slots().front();  // there is something wrong with it, which any node says
  }
  if (dispatcher.owner_of(slot) == nullptr) return dispatcher.wait_for_route(call, slot);
  call.session.note_write(slot, !call.command.has(command::Flag::readonly));
  auto owned = std::make_unique<BlockingWork>(call, slot);
  BlockingWork& work = *owned;
  session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(owned));
  call.session.block();
  work.begin(pending);
  return Verdict::accepted;
}

}  // namespace slotway::server
