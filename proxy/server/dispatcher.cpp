#include "server/dispatcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "command/error_texts.h"
#include "command/key_extractor.h"
#include "resp/encoder.h"
#include "resp/request_parser.h"
#include "server/client_state.h"
#include "server/merge_work.h"

namespace slotway::server {

using session::ClientSession;
using session::PendingRequest;
using session::Verdict;
using upstream::InFlight;

namespace {

upstream::Ticket ticket_of(const PendingRequest& request) noexcept {
  return std::bit_cast<upstream::Ticket>(request.handle());
}

std::string describe(const Part& part) {
  return part.node != nullptr ? cluster::to_string(*part.node)
                              : fmt::format("the node of hash slot {}", part.slot.value());
}

Caller caller_of(const ClientSession& session) noexcept { return {session.id(), session.protocol}; }

}  // namespace

Dispatcher::Dispatcher(const DispatcherOptions& options, session::SessionContext& sessions,
                       upstream::Connector& connector, DispatcherHost& host,
                       std::shared_ptr<const command::CommandTable> commands)
    : options_(options),
      sessions_(sessions),
      host_(host),
      nodes_(options_.connection, options.connections_per_node, sessions.read_buffer, connector,
             *this, sessions.stats),
      private_connections_(options_.connection, options.private_connections, sessions.read_buffer,
                           connector, *this, sessions.stats),
      private_works_(sessions.requests, sessions.stats),
      retries_(options.hold_queue_bytes),
      scripts_(options.script_cache_bytes),
      subscriptions_(options_.connection, options_.request_timeout, options_.subscribers, sessions,
                     connector, host),
      tracking_(options_.connection, options.tracking_table_max_keys, sessions, connector, host),
      monitor_feed_(host),
      slow_requests_(*host.instance().runtime) {
  adopt(std::move(commands), "");
}

void Dispatcher::adopt(std::shared_ptr<const command::CommandTable> commands,
                       std::string server_version) {
  commands_ = std::move(commands);
  server_version_ = std::move(server_version);
  handlers_.bind(*commands_);
  scripts_.bind(*commands_);
}

void Dispatcher::adopt(std::shared_ptr<const cluster::SlotMap> map) {
  if (is_shut_down_) return;  // its nodes would be connected to again, and never be gone
  map_ = std::move(map);
  map_version_ = map_->version();
  set_gate();
  nodes_.adopt(*map_);
  subscriptions_.adopt(map_);
  tracking_.adopt(map_);
  shard_slots_.clear();
  // In the order of the shards, which is that of their first slots; one pass, whatever their
  // number.
  std::vector<bool> is_named(map_->nodes().size());
  for (const cluster::SlotRange& range : map_->ranges()) {
    const auto owner = static_cast<std::size_t>(range.owner);
    if (is_named[owner]) continue;
    is_named[owner] = true;
    shard_slots_.push_back(range.first);
  }
  run_retries();
  resume_waiting_sessions();
}

// --- Requests ------------------------------------------------------------------------------------

// Every request passes here, so it is part of handle() and not a call of it.
[[gnu::always_inline]] inline Verdict Dispatcher::take(ClientSession& session,
                                                       const resp::RequestView& request) {
  const command::Command* command = commands_->resolve(request);
  if (command == nullptr) [[unlikely]]
    return refuse_unknown(session, request);
  session.last_command = command->id;
  const Call call{*this, session, request, *command};
  if (!command->accepts_arity(request.size())) [[unlikely]] {
    if (session.extension != nullptr) ClientState::find(session)->on_refused(command);
    return reply_error(call, command::wrong_arity_error(*command));
  }
  if (session.extension != nullptr) [[unlikely]]
    return take_with_state(call);
  return send_on(call);
}

inline Verdict Dispatcher::send_on(const Call& call) {
  const command::Command& command = call.command;
  if (command.route == command::Route::by_key && command.single_key != 0) [[likely]] {
    return forward(call, cluster::slot_of(call.request[command.single_key]));
  }
  return route(call);
}

// The way of a request whose client is one of those of which something is remembered.
Verdict Dispatcher::take_with_state(const Call& call) {
  const auto intercepted = ClientState::find(call.session)->intercept(call);
  const Verdict verdict = intercepted ? *intercepted : send_on(call);
  if (verdict == Verdict::stalled) return verdict;
  // RESET has ended the state.
  if (ClientState* state = ClientState::find(call.session)) state->on_taken(call);
  return verdict;
}

Verdict Dispatcher::handle(ClientSession& session, const resp::RequestView& request) {
  if (session.map_version != gate_ || session.held_requests > 0) [[unlikely]] {
    return take_at_gate(session, request);
  }
  return take(session, request);
}

// The way of a request when the slot map has changed, when others of its session wait to be sent
// again, when clients are paused, or when somebody monitors.
Verdict Dispatcher::take_at_gate(ClientSession& session, const resp::RequestView& request) {
  if (session.map_version != map_version_ || session.held_requests > 0) {
    // Commands in flight may be redirected and must not be overtaken: on_all_answered resumes.
    if (session.waiting() > 0) return Verdict::stalled;
    session.map_version = map_version_;
  }
  const command::Command* command = commands_->resolve(request);
  const bool is_valid = command != nullptr && command->accepts_arity(request.size());
  if (is_valid && pause_.holds_back(*command, session)) {
    pause_.add(session);
    return Verdict::stalled;
  }
  const ClientState* state = ClientState::find(session);
  const bool is_shown = is_valid && !(state != nullptr && state->refuses(*command));
  const Verdict verdict = take(session, request);
  if (is_shown && verdict == Verdict::accepted && monitor_feed_.is_recording()) {
    monitor_feed_.record(session, *command, request);
  }
  return verdict;
}

void Dispatcher::set_gate() noexcept {
  constexpr auto kNoVersion = std::numeric_limits<std::uint64_t>::max();
  gate_ = pause_.is_on() || monitor_feed_.is_recording() ? kNoVersion : map_version_;
}

void Dispatcher::pause_clients(ClientPause::Mode mode, std::uint64_t until_ns) {
  pause_.start(mode, until_ns);
  set_gate();
}

void Dispatcher::unpause_clients() {
  pause_.stop();
  set_gate();
  pause_.release();
}

void Dispatcher::begin_monitoring_for(std::size_t worker) {
  monitor_feed_.begin_recording_for(worker);
  set_gate();
}

void Dispatcher::end_monitoring_for(std::size_t worker) {
  monitor_feed_.end_recording_for(worker);
  set_gate();
}

Verdict Dispatcher::refuse_unknown(ClientSession& session, const resp::RequestView& request) {
  if (session.extension != nullptr) ClientState::find(session)->on_refused(nullptr);
  sessions_.stats
      .commands[stats::kMaxCommands - 1][static_cast<std::size_t>(stats::Outcome::proxy_error)]
      .add();
  const std::string error = resp::error_reply(command::unknown_command_error(*commands_, request));
  sessions_.stats.errors.add(error);
  session.reply(error);
  return Verdict::accepted;
}

Verdict Dispatcher::route(const Call& call) {
  switch (call.command.route) {
    case command::Route::by_key:
    case command::Route::split:
      return route_by_keys(call);
    case command::Route::any_shard:
      return forward_to_any_shard(call);
    case command::Route::all_shards:
    case command::Route::all_nodes:
      return fan_out(call);
    case command::Route::refused:
      return reply_error(call, command::refused_error(call.command));
    case command::Route::handler:
      break;
  }
  if (const Handler handler = handlers_.find(call.command.id); handler != nullptr) {
    return handler(call);
  }
  return reply_error(
      call, fmt::format("ERR slotway: {} is not supported by this version", call.command.name));
}

Verdict Dispatcher::route_by_keys(const Call& call) {
  const command::KeyResult found =
      command::extract_keys(call.command, call.request, key_positions_);
  // A node finds the same fault in the arguments as we did, and says so in its own words.
  if (found != command::KeyResult::found) return forward_to_any_shard(call);
  const routing::RouteDecision decision =
      routing::decide_route(call.command, call.request, key_positions_);
  switch (decision.destination) {
    case routing::Destination::no_key:
      return forward_to_any_shard(call);
    case routing::Destination::one_slot:
      return forward(call, decision.slot);
    case routing::Destination::split:
      return split(call);
    case routing::Destination::cross_slot:
      return cross_slots(call);
    case routing::Destination::wrong_arguments:
      break;
  }
  return reply_error(call, command::wrong_arity_error(call.command));
}

Verdict Dispatcher::cross_slots(const Call& call) {
  const Handler handler = handlers_.find_across_slots(call.command.id);
  return handler != nullptr ? handler(call) : reply_error(call, routing::kCrossSlotError);
}

std::expected<std::optional<cluster::Slot>, std::string> Dispatcher::slot_of_keys(
    const Call& call) {
  const command::KeyResult found =
      command::extract_keys(call.command, call.request, key_positions_);
  if (found != command::KeyResult::found) return std::nullopt;
  const routing::RouteDecision decision =
      routing::decide_route(call.command, call.request, key_positions_);
  switch (decision.destination) {
    case routing::Destination::no_key:
      return std::nullopt;
    case routing::Destination::one_slot:
      return decision.slot;
    case routing::Destination::split:
    case routing::Destination::cross_slot:
      return std::unexpected(std::string(routing::kCrossSlotError));
    case routing::Destination::wrong_arguments:
      break;
  }
  return std::unexpected(command::wrong_arity_error(call.command));
}

upstream::Connection* Dispatcher::connection_for(cluster::Slot slot, const ClientSession& session) {
  if (map_ == nullptr) [[unlikely]]
    return nullptr;
  const cluster::NodeIndex owner = map_->owner(slot);
  if (owner == cluster::kNoNode) [[unlikely]]
    return nullptr;
  upstream::Connection& connection = nodes_.connection(owner, caller_of(session));
  return connection.accepts() ? &connection : nullptr;
}

PendingRequest& Dispatcher::open(const Call& call, cluster::Slot slot) {
  PendingRequest& pending = call.session.open_request();
  pending.slot = slot;
  pending.command = call.command.id;
  pending.read_only = call.command.has(command::Flag::readonly);
  pending.reply_types = call.command.reply_types;
  return pending;
}

Verdict Dispatcher::forward(const Call& call, cluster::Slot slot) {
  upstream::Connection* connection = connection_for(slot, call.session);
  if (connection == nullptr) [[unlikely]]
    return wait_for_route(call, slot);
  const PendingRequest& pending = open(call, slot);
  call.session.note_write(slot, !pending.read_only);
  const std::string_view bytes = call.request.bytes();
  const InFlight entry{.ticket = ticket_of(pending),
                       .size = static_cast<std::uint32_t>(bytes.size()),
                       .slot = slot,
                       .reply_types = call.command.reply_types};
  std::copy(bytes.begin(), bytes.end(), connection->send(entry));
  return Verdict::accepted;
}

Verdict Dispatcher::forward_to_any_shard(const Call& call) {
  if (shard_slots_.empty()) return wait_for_route(call, cluster::Slot());
  return forward(call, any_shard_of(call.session));
}

Verdict Dispatcher::split(const Call& call) {
  const routing::SplitPlan& plan =
      splitter_.plan(call.request, key_positions_, routing::arguments_per_key(call.command));
  for (const routing::SplitGroup& group : plan.groups()) {
    if (connection_for(group.slot, call.session) == nullptr) {
      return wait_for_route(call, group.slot);  // all parts go, or none
    }
  }
  const auto policy = routing::merge_policy(call.command);
  PendingRequest& pending = open(call, plan.groups().front().slot);
  auto work = std::make_unique<MergeWork>();
  if (policy == routing::MergePolicy::key_order) {
    work->merger().start_in_key_order(plan, command::display_name(call.command));
  } else {
    work->merger().start(*policy, plan.groups().size(), command::display_name(call.command));
  }
  pending.work = std::move(work);
  remember(pending, call);
  std::uint16_t part = 0;
  for (const routing::SplitGroup& group : plan.groups()) {
    call.session.note_write(group.slot, !pending.read_only);
    const InFlight entry{
        .ticket = ticket_of(pending),
        .size = static_cast<std::uint32_t>(routing::part_size(call.request, plan, group)),
        .slot = group.slot,
        .part = part++,
        .reply_types = call.command.reply_types};
    routing::write_part(connection_for(group.slot, call.session)->send(entry), call.request, plan,
                        group);
  }
  return Verdict::accepted;
}

Verdict Dispatcher::fan_out(const Call& call) {
  const auto policy = routing::merge_policy(call.command);
  if (!policy) {
    return reply_error(
        call, fmt::format("ERR slotway: {} is not supported by this version", call.command.name));
  }
  return fan_out(call, *policy);
}

Verdict Dispatcher::fan_out(const Call& call, routing::MergePolicy policy) {
  std::vector<Part> parts;
  for (const cluster::Slot slot : shard_slots_) parts.push_back({slot, call.request.bytes()});
  auto work = std::make_unique<MergeWork>();
  work->set_first_optional(parts.size());
  if (call.command.route == command::Route::all_nodes && map_ != nullptr) {
    for (const cluster::Node& node : map_->nodes()) {
      if (node.role != cluster::Role::replica) continue;
      parts.push_back({.bytes = call.request.bytes(), .node = &node.endpoint});
    }
  }
  if (parts.empty()) return wait_for_route(call, cluster::Slot());
  work->merger().start(policy, parts.size(), command::display_name(call.command));
  return start(call, std::move(work), parts);
}

Verdict Dispatcher::start(const Call& call, std::unique_ptr<Work> work,
                          std::span<const Part> parts) {
  if (parts.empty()) return wait_for_route(call, cluster::Slot());  // there are no shards yet
  for (const Part& part : parts) {
    if (part.node != nullptr) continue;
    if (connection_for(part, call.session) == nullptr) return wait_for_route(call, part.slot);
  }
  PendingRequest& pending = open(call, parts.front().slot);
  const session::RequestHandle handle = pending.handle();
  if (work->sends_other_commands()) pending.reply_types = command::kAnyReply;
  pending.read_only = pending.read_only || work->only_reads();
  pending.work = std::move(work);
  remember(pending, call);
  std::uint16_t number = 0;
  for (const Part& part : parts) {
    if (find_pending(handle) == nullptr) break;  // a part that failed has answered it
    if (!send_part(pending, number, part)) {
      fail(pending, number, "ERR slotway: cannot reach " + describe(part));
    }
    ++number;
  }
  return Verdict::accepted;
}

upstream::Connection* Dispatcher::connection_for(const Part& part, const ClientSession& session) {
  Caller caller = caller_of(session);
  caller.aside = part.aside;
  upstream::Connection* connection = nullptr;
  if (part.node != nullptr) {
    connection = nodes_.connection(*part.node, caller, sessions_.clock.now_ns());
  } else if (map_ != nullptr && map_->owner(part.slot) != cluster::kNoNode) {
    connection = &nodes_.connection(map_->owner(part.slot), caller);
  }
  return connection != nullptr && connection->accepts() ? connection : nullptr;
}

bool Dispatcher::send_part(PendingRequest& pending, std::uint16_t number, const Part& part) {
  const InFlight entry{
      .ticket = ticket_of(pending),
      .size = static_cast<std::uint32_t>(part.bytes.size()),
      .slot = part.slot,
      .part = number,
      .purpose = part.replies > 1 ? upstream::Purpose::block : upstream::Purpose::request,
      .pinned = part.node != nullptr || part.aside,
      .replies = part.replies};
  pending.session->note_write(part.slot, !pending.read_only);
  upstream::Connection* connection = connection_for(part, *pending.session);
  if (entry.pinned && connection == nullptr) return false;
  if (connection == nullptr || (pending.session->held_requests > 0 && !entry.pinned)) {
    hold(pending, entry, part.bytes, {}, "");
    return true;
  }
  if (scripts_.concerns(pending.command)) scripts_.prepare(*connection, part.bytes);
  std::copy(part.bytes.begin(), part.bytes.end(), connection->send(entry));
  return true;
}

void Dispatcher::send_part_later(PendingRequest& pending, std::uint16_t number, const Part& part,
                                 std::chrono::nanoseconds delay) {
  const InFlight entry{.ticket = ticket_of(pending),
                       .size = static_cast<std::uint32_t>(part.bytes.size()),
                       .slot = part.slot,
                       .part = number};
  hold(pending, entry, part.bytes, delay, "");
}

// The request stays with its session, which sends nothing else meanwhile, until there is a way or
// its time is over.
Verdict Dispatcher::wait_for_route(const Call& call, cluster::Slot slot) {
  const auto waited =
      std::chrono::nanoseconds(sessions_.clock.now_ns() - call.session.read_at_ns());
  const bool uncovered = map_ != nullptr && map_->owner(slot) == cluster::kNoNode;
  if (waited < std::min(options_.request_timeout, options_.hold_timeout)) {
    host_.request_refresh(uncovered ? RefreshReason::uncovered_slot : RefreshReason::unreachable);
    waiting_for_route_.push_back(&call.session);
    return Verdict::stalled;
  }
  if (map_ == nullptr) return reply_error(call, "CLUSTERDOWN slotway: " + host_.topology_problem());
  if (uncovered) {
    return reply_error(
        call, fmt::format("CLUSTERDOWN slotway: no node serves hash slot {}", slot.value()));
  }
  const upstream::Connection& connection =
      nodes_.connection(map_->owner(slot), caller_of(call.session));
  return reply_error(call, fmt::format("CLUSTERDOWN slotway: cannot reach {}, which serves hash "
                                       "slot {}: {}",
                                       cluster::to_string(connection.endpoint()), slot.value(),
                                       connection.last_error()));
}

PendingRequest& Dispatcher::open_for_later(const Call& call,
                                           std::unique_ptr<session::RequestWork> work) {
  PendingRequest& pending = open(call, cluster::Slot());
  pending.work = std::move(work);
  remember(pending, call);
  return pending;
}

std::string Dispatcher::own_answer(ClientSession& session, std::string_view request) {
  resp::RequestParser parser;
  static_cast<void>(parser.parse(request, sessions_.limits.request));  // it was parsed before
  const resp::RequestView view = parser.request();
  std::string answer;
  const auto outer = std::exchange(own_answer_, &answer);
  if (const command::Command* command = commands_->resolve(view)) {
    static_cast<void>(route({*this, session, view, *command}));
  }
  own_answer_ = outer;
  return answer;
}

Verdict Dispatcher::reply(const Call& call, std::string_view reply) {
  if (own_answer_ != nullptr) [[unlikely]] {
    own_answer_->append(reply);
    return Verdict::accepted;
  }
  const bool is_error = reply.front() == '-';
  const std::uint64_t nanoseconds = sessions_.clock.now_ns() - call.session.read_at_ns();
  sessions_.stats.request_latency.observe(nanoseconds);
  if (nanoseconds >= slow_requests_.least_ns()) [[unlikely]] {
    note_slow(call.session, call.command, nanoseconds, shown_arguments(call.command, call.request));
  }
  count(call.command.id, is_error ? stats::Outcome::proxy_error : stats::Outcome::ok);
  if (is_error) sessions_.stats.errors.add(reply);
  call.session.reply(reply);
  return Verdict::accepted;
}

Verdict Dispatcher::reply_error(const Call& call, std::string_view message) {
  return reply(call, resp::error_reply(message));
}

void Dispatcher::count(command::CommandId command, stats::Outcome outcome) noexcept {
  const std::size_t id = std::min(static_cast<std::size_t>(command), stats::kMaxCommands - 1);
  sessions_.stats.commands[id][static_cast<std::size_t>(outcome)].add();
}

// --- Sessions that wait --------------------------------------------------------------------------

void Dispatcher::on_all_answered(ClientSession& session) {
  session.resume(session::Pause::blocked);
  session.resume(session::Pause::route);
}

void Dispatcher::resume_waiting_sessions() {
  for (ClientSession* session : std::exchange(waiting_for_route_, {})) {
    session->resume(session::Pause::route);
  }
}

void Dispatcher::forget(ClientSession& session) {
  std::erase(waiting_for_route_, &session);
  pause_.forget(session);
  tracking_.forget(session);
  if (ClientState* state = ClientState::find(session)) state->leave(*this, session);
}

void Dispatcher::on_ready(upstream::Connection& connection) {
  host_.on_node_up(connection);
  run_retries();
  resume_waiting_sessions();
}

void Dispatcher::on_down(upstream::Connection& connection, std::string_view reason) {
  scripts_.forget(connection);
  if (private_connections_.on_down(connection) == PrivateConnections::Ended::on_our_part) return;
  node_facts_.forget(connection.endpoint());
  host_.on_node_down(connection, reason);
  host_.request_refresh(RefreshReason::connection_failed);
}

void Dispatcher::shut_down() {
  is_shut_down_ = true;
  private_connections_.shut_down();
  subscriptions_.shut_down();
  tracking_.shut_down();
  nodes_.shut_down();
}

void Dispatcher::tick() {
  const std::uint64_t now_ns = sessions_.clock.now_ns();
  nodes_.tick(now_ns);
  private_connections_.tick(now_ns);
  private_works_.tick(now_ns);
  subscriptions_.tick(now_ns);
  tracking_.tick(now_ns);
  fail_overdue();
  if (pause_.is_over(now_ns)) unpause_clients();
  run_retries();
  resume_waiting_sessions();
  sessions_.stats.requests_in_flight.set(sessions_.requests.in_use());
}

}  // namespace slotway::server
