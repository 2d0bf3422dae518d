#include "server/private_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "resp/encoder.h"
#include "server/dispatcher.h"
#include "server/not_run.h"

namespace slotway::server {

namespace {

using namespace std::chrono_literals;

// The next look at a cluster that has no way for the command; ticks come about as often.
constexpr std::chrono::nanoseconds kSoon = 50ms;

// A node that has kept the command this long has taken it: troubles of before are over.
constexpr std::chrono::nanoseconds kSettled = 1s;

// A node that has lost a slot or become a replica says so to those who are blocked, within a second
// or so. One that says nothing for this long is not there any more.
constexpr std::chrono::nanoseconds kFarewell = 3s;

constexpr std::uint64_t count_of(std::chrono::nanoseconds time) noexcept {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace

PrivateRequest::PrivateRequest(Dispatcher& dispatcher, cluster::Slot slot)
    : PrivateWork(dispatcher.private_works()), dispatcher_(dispatcher), slot_(slot) {}

void PrivateRequest::begin(session::PendingRequest& pending) {
  belongs_to(pending);
  if (const Problem problem = send()) answer(resp::error_reply(*problem));
}

void PrivateRequest::answer(std::string_view reply) {
  if (session::PendingRequest* pending = dispatcher_.find_pending(handle())) {
    dispatcher_.answer(*pending, reply);
  }
}

// --- On its way
// ----------------------------------------------------------------------------------------

const cluster::Endpoint* PrivateRequest::choose_node() const noexcept {
  if (redirected_to_) return &*redirected_to_;
  return dispatcher_.owner_of(slot_);
}

PrivateRequest::Problem PrivateRequest::send() {
  session::PendingRequest& pending = *dispatcher_.find_pending(handle());
  const cluster::Endpoint* node = choose_node();
  if (node == nullptr) {
    dispatcher_.request_refresh(RefreshReason::uncovered_slot);
    return put_off(kSoon,
                   fmt::format("CLUSTERDOWN slotway: no node serves hash slot {}", slot_.value()));
  }
  if (failed_node_ == *node && !dispatcher_.reaches(*node, *pending.session)) {
    return put_off(kSoon, "");
  }
  failed_node_.reset();
  PrivateConnections& connections = dispatcher_.private_connections();
  lease_ = connections.lease(*node, pending.session->protocol);
  if (!lease_) {
    return fmt::format(
        "ERR slotway: all {} private connections of this worker are in use "
        "(limits.private_connections)",
        connections.limit());
  }
  const std::uint64_t now_ns = dispatcher_.now_ns();
  upstream::Connection& connection = lease_.connection();
  before_command(pending);
  if (asking_) Dispatcher::send_asking(connection, slot_);  // it is for the next command only
  Dispatcher::send_own(connection, pending.handle(), kCommand, message(now_ns));
  is_sent_ = true;
  sent_at_ns_ = now_ns;
  owner_differs_since_ns_ = 0;
  map_version_ = dispatcher_.map() == nullptr ? 0 : dispatcher_.map()->version();
  const cluster::Endpoint* owner = dispatcher_.owner_of(slot_);
  owner_when_sent_ = owner == nullptr ? std::nullopt : std::optional(*owner);
  return std::nullopt;
}

PrivateRequest::Problem PrivateRequest::put_off(std::chrono::nanoseconds delay,
                                                std::string_view why) {
  const std::uint64_t now_ns = dispatcher_.now_ns();
  if (sent_at_ns_ != 0 && now_ns - sent_at_ns_ >= count_of(kSettled)) trouble_since_ns_ = 0;
  if (trouble_since_ns_ == 0) trouble_since_ns_ = now_ns;
  if (!why.empty()) last_error_ = why;
  is_sent_ = asking_ = false;
  sent_at_ns_ = 0;
  hops_ = 0;  // a new start; what bounds these is the time
  redirected_to_.reset();
  auto patience = dispatcher_.options().hold_timeout;
  if (const auto limit = answer_timeout()) patience = std::min(patience, *limit);
  if (now_ns - trouble_since_ns_ >= count_of(patience)) return last_error_;
  not_before_ns_ = now_ns + count_of(delay);
  return std::nullopt;
}

PrivateRequest::Problem PrivateRequest::follow(const cluster::Redirection& redirection) {
  const bool moved = redirection.kind == cluster::Redirection::Kind::moved;
  dispatcher_.count_redirect(moved ? stats::Redirect::moved : stats::Redirect::ask);
  if (moved || dispatcher_.member_at(redirection.target) == nullptr) {
    dispatcher_.request_refresh(RefreshReason::moved);
  }
  if (dispatcher_.now_ns() - sent_at_ns_ >= count_of(kSettled)) {
    trouble_since_ns_ = 0;
    hops_ = 0;
  }
  if (++hops_ > dispatcher_.options().max_redirects) {
    return fmt::format(
        "ERR slotway: hash slot {} was redirected more than {} times; the nodes "
        "disagree about who serves it",
        slot_.value(), dispatcher_.options().max_redirects);
  }
  const cluster::Endpoint* target = dispatcher_.member_at(redirection.target);
  if (target == nullptr) {
    return put_off(kSoon, fmt::format("CLUSTERDOWN slotway: hash slot {} was redirected to {}, "
                                      "which is no known node of the cluster",
                                      slot_.value(), cluster::to_string(redirection.target)));
  }
  redirected_to_ = *target;
  asking_ = !moved;
  return send();
}

// --- Answers, and their absence
// --------------------------------------------------------------------------

void PrivateRequest::on_own_reply(WorkContext& context, std::uint16_t part,
                                  const resp::ReplyFrame& reply) {
  if (part != kCommand) return on_other_reply(context, part, reply);
  if (!reply.is_error()) return on_result(context, reply);
  const std::string text(error_text(reply.bytes));
  Problem problem;
  if (const auto redirection =
          cluster::parse_redirection(text, lease_.connection().endpoint().host)) {
    lease_.give_back();
    problem = follow(*redirection);
  } else if (const NotRun* error = find_not_run(text)) {
    dispatcher_.count_redirect(error->kind);
    if (error->refresh) dispatcher_.request_refresh(RefreshReason::unreachable);
    lease_.retire();  // the node may be about to close it
    problem = put_off(error->delay, text);
  } else {
    return on_result(context, reply);
  }
  if (problem) context.finish(resp::error_reply(*problem));
}

void PrivateRequest::on_own_lost(WorkContext& context, std::uint16_t part,
                                 const upstream::Connection& connection, bool may_have_run) {
  if (part != kCommand) return;
  lease_.retire();
  const std::string node = cluster::to_string(connection.endpoint());
  if (may_have_run && !may_repeat()) {
    context.finish(resp::error_reply(
        fmt::format("ERR slotway: connection to {} lost, outcome unknown", node)));
    return;
  }
  dispatcher_.count_redirect(stats::Redirect::connection_lost);
  dispatcher_.request_refresh(RefreshReason::unreachable);
  failed_node_ = connection.endpoint();
  const Problem problem = put_off(
      0ns, fmt::format("CLUSTERDOWN slotway: cannot reach {}, which serves hash slot {}: {}", node,
                       slot_.value(), connection.last_error()));
  if (problem) context.finish(resp::error_reply(*problem));
}

void PrivateRequest::tick(std::uint64_t now_ns) {
  if (!is_sent_) {
    if (now_ns < not_before_ns_) return;
    if (const Problem problem = send()) answer(resp::error_reply(*problem));
    return;
  }
  const auto limit = answer_timeout();
  if (limit && now_ns - sent_at_ns_ >= count_of(*limit)) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(*limit);
    answer(resp::error_reply(
        fmt::format("ERR slotway: no reply within {} ms, outcome unknown", milliseconds.count())));
    return;
  }
  look_for_other_owner(now_ns);
}

// The work may have ended when this returns.
void PrivateRequest::look_for_other_owner(std::uint64_t now_ns) {
  const cluster::SlotMap* map = dispatcher_.map();
  if (map != nullptr && map->version() != map_version_) {
    map_version_ = map->version();
    const cluster::Endpoint* owner = dispatcher_.owner_of(slot_);
    const bool differs =
        owner != nullptr && owner_when_sent_ != *owner && *owner != lease_.connection().endpoint();
    if (!differs) {
      owner_differs_since_ns_ = 0;
    } else if (owner_differs_since_ns_ == 0) {
      owner_differs_since_ns_ = now_ns;
    }
  }
  if (owner_differs_since_ns_ == 0 || now_ns - owner_differs_since_ns_ < count_of(kFarewell)) {
    return;
  }
  lease_.end();  // on_own_lost is told, and may end the work
}

}  // namespace slotway::server
