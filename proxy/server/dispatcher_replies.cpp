// The way back: replies, redirects, lost connections and deadlines.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "resp/encoder.h"
#include "server/block_work.h"
#include "server/dispatcher.h"
#include "server/key_conflict.h"
#include "server/not_run.h"

namespace slotway::server {

using session::PendingRequest;
using session::RequestHandle;
using upstream::InFlight;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kAskingRequest = "*1\r\n$6\r\nASKING\r\n";

// A redirect to a node that the slot map lacks: the map is asked for meanwhile.
constexpr std::chrono::nanoseconds kUntilNodeIsKnown = 50ms;

// A read whose connection broke, when its client had sent a write of the same key behind it: what
// it would find now may be what was written later.
constexpr std::string_view kOvertaken =
    "ERR slotway: connection lost, and a later request on the same key may have run";

constexpr std::string_view kNoScript = "NOSCRIPT No matching script";

// No client of ours ever sees these, well-formed or not.
bool is_redirection_word(std::string_view word) noexcept {
  return word == "MOVED" || word == "ASK";
}

using TypeBits = std::array<command::ReplyTypes, 256>;

// Which types of reply a first byte stands for; any, if it says nothing (errors, attributes).
constexpr TypeBits kTypeBits = [] {
  using command::ReplyType;
  TypeBits bits;
  bits.fill(command::kAnyReply);
  const auto name = [&bits](std::string_view first_bytes, ReplyType type) {
    for (const char byte : first_bytes) {
      bits[static_cast<unsigned char>(byte)] = static_cast<command::ReplyTypes>(type);
    }
  };
  name("+", ReplyType::simple_string);
  name(":", ReplyType::integer);
  name("$=", ReplyType::bulk_string);
  name("*~", ReplyType::array);
  name("%", ReplyType::map);
  name("_", ReplyType::null);
  name("#", ReplyType::boolean);
  name(",(", ReplyType::number);
  return bits;
}();

command::ReplyTypes type_bit(char type) noexcept {
  return kTypeBits[static_cast<unsigned char>(type)];
}

}  // namespace

bool Dispatcher::on_reply(upstream::Connection& connection, const InFlight& entry,
                          std::string_view request, const resp::ReplyFrame& reply) {
  if (entry.purpose != upstream::Purpose::request) [[unlikely]] {
    return on_special_reply(connection, entry, request, reply);
  }
  PendingRequest* pending = sessions_.requests.find(std::bit_cast<RequestHandle>(entry.ticket));
  if (pending == nullptr) {  // its client has left or was told that time is up
    return reply.is_error() || (type_bit(reply.type()) & entry.reply_types) != 0;
  }
  if (reply.is_error()) [[unlikely]] {
    if (!entry.pinned &&
        handle_not_run(connection, entry, request, *pending, error_text(reply.bytes))) {
      return true;
    }
  } else if ((type_bit(reply.type()) & pending->reply_types) == 0) [[unlikely]] {
    return false;
  }
  if (pending->session->held_requests > 0) [[unlikely]]
    note_run(*pending, entry.slot, request);
  if (entry.part != upstream::kWhole) {
    finish_part(*pending, entry.part, reply, connection.endpoint());
  } else if (reply.is_error()) [[unlikely]] {
    finish_with_error(*pending, reply, stats::Outcome::server_error, request);
  } else {
    finish(*pending, reply, stats::Outcome::ok, request);
  }
  return true;
}

// A RESP3 server may push at any time, and a push is no reply, so it cannot shift any. In RESP2
// there are none: the connection has lost count.
bool Dispatcher::on_push(upstream::Connection& connection, std::string_view) {
  return connection.protocol() == 3;
}

// --- Requests that were not run
// --------------------------------------------------------------------

bool Dispatcher::handle_not_run(upstream::Connection& connection, const InFlight& entry,
                                std::string_view request, PendingRequest& pending,
                                std::string_view text) {
  const bool may_be_of_script = scripts_.runs_script(pending.command);
  return may_be_of_script ? verify_refusal(connection, entry, request, pending, text)
                          : handle_refusal(connection, entry, request, pending, text);
}

bool Dispatcher::handle_refusal(upstream::Connection& connection, const InFlight& entry,
                                std::string_view request, PendingRequest& pending,
                                std::string_view text) {
  if (const auto redirection = cluster::parse_redirection(text, connection.endpoint().host)) {
    return follow(*redirection, entry, request, pending);
  }
  if (is_redirection_word(text.substr(0, text.find(' ')))) {
    fail(pending, entry.part,
         fmt::format("ERR slotway: {} answered with a redirection that leads nowhere",
                     cluster::to_string(connection.endpoint())));
    return true;
  }
  const NotRun* error = find_not_run(text);
  if (error == nullptr) {
    return text.starts_with(kNoScript) &&
           call_script_again(connection, entry, request, pending, text);
  }
  count_redirect(error->kind);
  if (error->refresh) host_.request_refresh(RefreshReason::unreachable);
  retry(pending, entry, request, error->delay, text, &connection);
  return true;
}

bool Dispatcher::follow(const cluster::Redirection& redirection, const InFlight& entry,
                        std::string_view request, PendingRequest& pending) {
  const bool moved = redirection.kind == cluster::Redirection::Kind::moved;
  sessions_.stats
      .redirects[static_cast<std::size_t>(moved ? stats::Redirect::moved : stats::Redirect::ask)]
      .add();
  if (moved) host_.request_refresh(RefreshReason::moved);
  if (entry.hops >= options_.max_redirects) {
    fail(pending, entry.part,
         fmt::format("ERR slotway: hash slot {} was redirected more than {} times; the nodes "
                     "disagree about who serves it",
                     redirection.slot.value(), options_.max_redirects));
    return true;
  }
  InFlight next = entry;
  ++next.hops;
  next.asked = !moved;
  const cluster::Endpoint* member = member_at(redirection.target);
  if (member == nullptr) {
    host_.request_refresh(RefreshReason::moved);
    retry(pending, next, request, kUntilNodeIsKnown,
          fmt::format("CLUSTERDOWN slotway: hash slot {} was redirected to {}, which is no known "
                      "node of the cluster",
                      redirection.slot.value(), cluster::to_string(redirection.target)));
    return true;
  }
  upstream::Connection* target =
      pending.session->held_requests > 0  // an earlier one waits: no overtaking
          ? nullptr
          : nodes_.connection(*member, {pending.session->id(), pending.session->protocol},
                              sessions_.clock.now_ns());
  if (target == nullptr || !target->accepts()) {
    retry(pending, next, request, 0ns, "");
    return true;
  }
  if (scripts_.concerns(pending.command)) scripts_.prepare(*target, request);
  if (!moved) {
    const InFlight asking{.size = static_cast<std::uint32_t>(kAskingRequest.size()),
                          .slot = entry.slot,
                          .purpose = upstream::Purpose::asking};
    std::copy(kAskingRequest.begin(), kAskingRequest.end(), target->send(asking));
  }
  std::copy(request.begin(), request.end(), target->send(next));
  return true;
}

void Dispatcher::hold(PendingRequest& pending, const InFlight& entry, std::string_view request,
                      std::chrono::nanoseconds delay, std::string_view last_error,
                      const upstream::Connection* refused_by) {
  HeldRequest::Fence fence;
  if (refused_by != nullptr) fence = {refused_by->endpoint(), refused_by->position()};
  retries_.hold(pending, {.request = pending.handle(),
                          .part = entry.part,
                          .slot = entry.slot,
                          .hops = entry.hops,
                          .purpose = entry.purpose,
                          .replies = entry.replies,
                          .not_before_ns =
                              sessions_.clock.now_ns() + static_cast<std::uint64_t>(delay.count()),
                          .bytes = std::string(request),
                          .last_error = std::string(last_error),
                          .fence = std::move(fence)});
}

void Dispatcher::retry(PendingRequest& pending, const InFlight& entry, std::string_view request,
                       std::chrono::nanoseconds delay, std::string_view last_error,
                       const upstream::Connection* refused_by) {
  if (retries_.has_room(request.size())) {
    hold(pending, entry, request, delay, last_error, refused_by);
  } else {
    fail(pending, entry.part,
         "CLUSTERDOWN slotway: too many requests wait for a node that cannot be reached");
  }
}

// Two reads may run in any order, and so may what has no key in common.
void Dispatcher::note_run(const PendingRequest& ran, cluster::Slot slot, std::string_view request) {
  retries_.note_run(ran, slot, [&](const HeldRequest& held) {
    return !(ran.read_only && held.read_only) && share_a_key(*commands_, held.bytes, request);
  });
}

bool Dispatcher::has_passed(const HeldRequest::Fence& fence,
                            const session::ClientSession& session) const {
  if (fence.node.host.empty()) return true;
  const upstream::Connection* refused_by =
      nodes_.find(fence.node, {session.id(), session.protocol});
  // A connection that has not come so far is another one than it was.
  return refused_by == nullptr || refused_by->has_settled(fence.position) ||
         refused_by->position() < fence.position;
}

bool Dispatcher::send_held(PendingRequest& pending, const HeldRequest& held) {
  if (!has_passed(held.fence, *pending.session)) return false;
  upstream::Connection* connection = connection_for(held.slot, *pending.session);
  if (connection == nullptr) return false;
  const InFlight entry{.ticket = std::bit_cast<upstream::Ticket>(held.request),
                       .size = static_cast<std::uint32_t>(held.bytes.size()),
                       .slot = held.slot,
                       .part = held.part,
                       .purpose = held.purpose,
                       // Time has passed: whoever redirected it before may know better by now.
                       .hops = 0,
                       .replies = held.replies};
  if (scripts_.concerns(pending.command)) scripts_.prepare(*connection, held.bytes);
  std::copy(held.bytes.begin(), held.bytes.end(), connection->send(entry));
  return true;
}

void Dispatcher::run_retries() {
  if (retries_.empty()) return;
  const auto overtaken = retries_.run(sessions_.requests, sessions_.clock.now_ns(),
                                      [this](PendingRequest& pending, const HeldRequest& held) {
                                        return send_held(pending, held);
                                      });
  for (const HeldRequest& held : overtaken) {
    PendingRequest* pending = sessions_.requests.find(held.request);
    if (pending == nullptr) continue;
    fail(*pending, held.part, held.last_error.empty() ? kOvertaken : held.last_error);
  }
}

void Dispatcher::on_unanswered(upstream::Connection& connection, const InFlight& entry,
                               std::string_view request, bool may_have_run) {
  if (entry.purpose == upstream::Purpose::own) {
    return on_own_unanswered(connection, entry, may_have_run);
  }
  if (entry.purpose != upstream::Purpose::request && entry.purpose != upstream::Purpose::block &&
      entry.purpose != upstream::Purpose::question) {
    return;
  }
  PendingRequest* pending = sessions_.requests.find(std::bit_cast<RequestHandle>(entry.ticket));
  if (pending == nullptr) return;
  if (entry.purpose == upstream::Purpose::block) {
    auto& block = static_cast<BlockWork&>(*pending->work);
    may_have_run = may_have_run && !block.has_failed_early();
    block.begin_again();
  }
  if (entry.pinned && (!may_have_run || pending->read_only)) {
    fail(*pending, entry.part,
         fmt::format("ERR slotway: cannot reach {}: {}", cluster::to_string(connection.endpoint()),
                     connection.last_error()));
    return;
  }
  // The answer to a question would have told whether a script has run.
  const bool is_question = entry.purpose == upstream::Purpose::question;
  if (!is_question && (!may_have_run || pending->read_only)) {
    sessions_.stats.redirects[static_cast<std::size_t>(stats::Redirect::connection_lost)].add();
    retry(*pending, entry, request, 0ns, "");
    return;
  }
  if (pending->session->held_requests > 0) note_run(*pending, entry.slot, request);
  fail(*pending, entry.part,
       fmt::format("ERR slotway: connection to {} lost, outcome unknown",
                   cluster::to_string(connection.endpoint())));
}

// --- Ends
// ------------------------------------------------------------------------------------------

void Dispatcher::finish(PendingRequest& pending, const resp::ReplyFrame& reply,
                        stats::Outcome outcome, std::string_view request) {
  const std::uint64_t nanoseconds = sessions_.clock.now_ns() - pending.started_ns;
  sessions_.stats.request_latency.observe(nanoseconds);
  if (nanoseconds >= slow_requests_.least_ns()) [[unlikely]] {
    note_slow(pending, nanoseconds, request);
  }
  count(pending.command, outcome);
  pending.session->answer(pending, reply);
}

void Dispatcher::finish_with_error(PendingRequest& pending, const resp::ReplyFrame& reply,
                                   stats::Outcome outcome, std::string_view request) {
  sessions_.stats.errors.add(reply.bytes);
  finish(pending, reply, outcome, request);
}

void Dispatcher::finish_with_either(PendingRequest& pending, std::string_view reply,
                                    stats::Outcome error_outcome) {
  const resp::ReplyFrame frame{reply, nullptr};
  if (frame.is_error()) return finish_with_error(pending, frame, error_outcome);
  finish(pending, frame, stats::Outcome::ok);
}

void Dispatcher::answer(PendingRequest& pending, std::string_view reply) {
  finish_with_either(pending, reply, stats::Outcome::proxy_error);
}

void Dispatcher::finish_part(PendingRequest& pending, std::uint16_t part,
                             const resp::ReplyFrame& reply, const cluster::Endpoint& answered_by) {
  WorkContext context(*this, pending, &answered_by);
  static_cast<Work&>(*pending.work).on_reply(context, part, reply);
  conclude(context, stats::Outcome::server_error);
}

void Dispatcher::conclude(WorkContext& context, stats::Outcome error_outcome) {
  if (!context.reply()) return;
  finish_with_either(context.pending(), *context.reply(), error_outcome);
}

bool WorkContext::send(std::uint16_t number, const Part& part) {
  return dispatcher_.send_part(pending_, number, part);
}

void WorkContext::send_later(std::uint16_t number, const Part& part,
                             std::chrono::nanoseconds delay) {
  dispatcher_.send_part_later(pending_, number, part, delay);
}

int WorkContext::protocol() const noexcept { return pending_.session->protocol; }

void Dispatcher::fail(PendingRequest& pending, std::uint16_t part, std::string_view text) {
  if (part == upstream::kWhole) {
    finish_with_error(pending, {resp::error_reply(text), nullptr}, stats::Outcome::proxy_error);
    return;
  }
  WorkContext context(*this, pending);
  static_cast<Work&>(*pending.work).on_failure(context, part, text);
  conclude(context, stats::Outcome::proxy_error);
}

// Every pending request is looked at, which costs less than a timer or a list entry for each: a
// request that takes a millisecond is seen by one tick in fifty.
void Dispatcher::fail_overdue() {
  const std::uint64_t now_ns = sessions_.clock.now_ns();
  const auto timeout_ns = static_cast<std::uint64_t>(options_.request_timeout.count());
  for (std::uint32_t index = 0; index < sessions_.requests.size(); ++index) {
    PendingRequest& pending = sessions_.requests.at(index);
    if (pending.state != PendingRequest::State::waiting) continue;
    if (now_ns - pending.started_ns < timeout_ns) continue;
    if (pending.work != nullptr && !pending.work->has_deadline()) continue;
    sessions_.stats.request_timeouts.add();
    const auto timeout =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.request_timeout);
    std::string text;
    if (pending.held_parts == 0) {
      const std::string nodes = pending.work != nullptr ? pending.work->awaited() : "";
      text = fmt::format("ERR slotway: no reply{}{} within {} ms, outcome unknown",
                         nodes.empty() ? "" : " from ", nodes, timeout.count());
    } else if (const auto last = retries_.last_error(pending.handle()); !last.empty()) {
      text = last;
    } else {
      const cluster::NodeIndex owner =
          map_ != nullptr ? map_->owner(pending.slot) : cluster::kNoNode;
      text = fmt::format(
          "CLUSTERDOWN slotway: hash slot {} of {} could not be reached within {} ms",
          pending.slot.value(),
          owner != cluster::kNoNode ? cluster::to_string(map_->node(owner).endpoint) : "no node",
          timeout.count());
    }
    finish_with_error(pending, {resp::error_reply(text), nullptr}, stats::Outcome::proxy_error);
  }
}

}  // namespace slotway::server
