#include "server/replica_wait.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "resp/encoder.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kInfoRequest = "*2\r\n$4\r\nINFO\r\n$11\r\nreplication\r\n";
// More replicas than there can be, so that the node does ask them; and the shortest time.
constexpr std::string_view kHurryRequest = "*3\r\n$4\r\nWAIT\r\n$10\r\n2147483647\r\n$1\r\n1\r\n";

// Replicas nearby report within a millisecond, and it is worth looking again at once; others may
// take their time.
constexpr std::uint64_t kAtOnceNs = 10'000'000;
constexpr std::uint64_t kSoonNs = 1'000'000'000;
constexpr std::chrono::nanoseconds kSoon = 50ms;
constexpr std::chrono::nanoseconds kLater = 200ms;

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The value of "name=" in "ip=127.0.0.1,port=6380,state=online,offset=14,lag=1".
std::string_view field(std::string_view line, std::string_view name) noexcept {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + name.size());
  return rest.substr(0, rest.find(','));
}

}  // namespace

std::int64_t ReplicationState::replicas_at(std::int64_t wanted) const noexcept {
  return std::ranges::count_if(acknowledged,
                               [wanted](std::int64_t reached) { return reached >= wanted; });
}

ReplicationState parse_replication(std::string_view info) {
  ReplicationState state;
  while (!info.empty()) {
    const std::size_t end = info.find('\n');
    std::string_view line = info.substr(0, end);
    info.remove_prefix(end == std::string_view::npos ? info.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    if (name == "role") {
      state.is_primary = value == "master";
    } else if (name == "master_repl_offset") {
      state.offset = parse_integer(value).value_or(0);
    } else if (name.starts_with("slave") && field(value, "state=") == "online") {
      if (const auto offset = parse_integer(field(value, "offset="))) {
        state.acknowledged.push_back(*offset);
      }
    }
  }
  return state;
}

ReplicaWait::ReplicaWait(Dispatcher& dispatcher, std::int64_t replicas, std::uint64_t until_ns)
    : PrivateWork(dispatcher.private_works()),
      dispatcher_(dispatcher),
      replicas_(replicas),
      until_ns_(until_ns) {}

void ReplicaWait::begin(session::PendingRequest& pending, const std::vector<cluster::Slot>& shards,
                        bool has_written) {
  belongs_to(pending);
  pending.reply_types = command::kAnyReply;
  pending.read_only = true;
  shards_.resize(shards.size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards_[i].slot = shards[i];
    if (!has_written) shards_[i].wanted = 0;  // every replica has that
    dispatcher_.send_part(pending, static_cast<std::uint16_t>(i), {shards[i], kInfoRequest});
  }
}

void ReplicaWait::on_reply(WorkContext& context, std::uint16_t part,
                           const resp::ReplyFrame& reply) {
  Shard& shard = shards_[part];
  const ReplicationState state = parse_replication(reply.bytes);
  if (state.is_primary) {
    if (!shard.wanted) shard.wanted = state.offset;
    shard.replicas = state.replicas_at(*shard.wanted);
    shard.is_known = true;
  } else {
    dispatcher_.request_refresh();
  }
  if (std::ranges::all_of(shards_, &Shard::is_known) && fewest_replicas() >= replicas_) {
    // What a client chose to wait is no latency.
    context.pending().started_ns = dispatcher_.now_ns();
    context.finish(resp::integer_reply(fewest_replicas()));
    return;
  }
  if (!shard.is_known || shard.replicas < replicas_) look_again(context, part);
}

void ReplicaWait::on_failure(WorkContext& context, std::uint16_t, std::string_view error_text) {
  context.finish(resp::error_reply(error_text));
}

void ReplicaWait::look_again(WorkContext& context, std::uint16_t part) {
  Shard& shard = shards_[part];
  const std::uint64_t now_ns = dispatcher_.now_ns();
  if (shard.first_look_ns == 0) {
    shard.first_look_ns = now_ns;
    make_replicas_report(part);
  }
  const std::uint64_t looking_ns = now_ns - shard.first_look_ns;
  const Part again{shard.slot, kInfoRequest};
  if (looking_ns < kAtOnceNs) {
    context.send(part, again);
  } else {
    context.send_later(part, again, looking_ns < kSoonNs ? kSoon : kLater);
  }
}

void ReplicaWait::make_replicas_report(std::uint16_t part) {
  const cluster::Endpoint* node = dispatcher_.owner_of(shards_[part].slot);
  const session::PendingRequest* pending = dispatcher_.find_pending(handle());
  if (node == nullptr || pending == nullptr) return;
  PrivateLease& hurry = shards_[part].hurry;
  hurry = dispatcher_.private_connections().lease(*node, pending->session->protocol);
  if (!hurry) return;  // they report once a second anyway
  Dispatcher::send_own(hurry.connection(), handle(), part, kHurryRequest);
}

void ReplicaWait::on_own_reply(WorkContext&, std::uint16_t part, const resp::ReplyFrame&) {
  shards_[part].hurry.give_back();
}

void ReplicaWait::on_own_lost(WorkContext&, std::uint16_t part, const upstream::Connection&, bool) {
  shards_[part].hurry.retire();
}

std::int64_t ReplicaWait::fewest_replicas() const noexcept {
  return std::ranges::min_element(shards_, {}, &Shard::replicas)->replicas;
}

void ReplicaWait::tick(std::uint64_t now_ns) {
  if (until_ns_ == 0 || now_ns < until_ns_) return;
  session::PendingRequest& pending = *dispatcher_.find_pending(handle());
  pending.started_ns = now_ns;
  dispatcher_.answer(pending, resp::integer_reply(fewest_replicas()));
}

void ReplicaWait::unblock(Unblock how, UnblockDone done) {
  done(true);
  dispatcher_.answer(*dispatcher_.find_pending(handle()),
                     how == Unblock::with_error
                         ? resp::error_reply("UNBLOCKED client unblocked via CLIENT UNBLOCK")
                         : resp::integer_reply(fewest_replicas()));
}

// --- How it begins
// -----------------------------------------------------------------------------------------

namespace {

// A slot of each shard that has been written to; of each shard there is for a client that has
// written nothing, which is told how many replicas there are.
std::vector<cluster::Slot> shards_to_ask(const cluster::SlotMap& map, std::uint64_t written_regions,
                                         std::span<const cluster::Slot> all_shards) {
  if (written_regions == 0) return {all_shards.begin(), all_shards.end()};
  std::vector<cluster::Slot> shards;
  std::vector<cluster::NodeIndex> owners;
  for (const cluster::SlotRange& range : map.ranges()) {
    const unsigned first = session::ClientSession::region_of(range.first);
    const unsigned last = session::ClientSession::region_of(range.last);
    const std::uint64_t regions = (~std::uint64_t{0} << first) & (~std::uint64_t{0} >> (63 - last));
    if ((regions & written_regions) == 0) continue;
    if (std::ranges::find(owners, range.owner) != owners.end()) continue;
    owners.push_back(range.owner);
    shards.push_back(range.first);
  }
  return shards;
}

Verdict wait(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  const auto replicas = parse_integer(call.request[1]);
  if (!replicas) {
    return dispatcher.reply_error(call, "ERR value is not an integer or out of range");
  }
  const auto timeout = parse_integer(call.request[2]);
  if (!timeout || *timeout > std::numeric_limits<std::int64_t>::max() / 2'000'000) {
    return dispatcher.reply_error(call, "ERR timeout is not an integer or out of range");
  }
  if (*timeout < 0) return dispatcher.reply_error(call, "ERR timeout is negative");
  if (call.session.waiting() > 0) return Verdict::stalled;  // its writes must have been run
  std::vector<cluster::Slot> shards;
  if (dispatcher.map() != nullptr) {
    shards =
        shards_to_ask(*dispatcher.map(), call.session.written_regions, dispatcher.shard_slots());
  }
  if (shards.empty()) return dispatcher.wait_for_route(call, cluster::Slot());
  const auto time = std::chrono::nanoseconds(std::chrono::milliseconds(*timeout));
  const std::uint64_t until_ns =
      *timeout == 0 ? 0 : dispatcher.now_ns() + static_cast<std::uint64_t>(time.count());
  auto owned = std::make_unique<ReplicaWait>(dispatcher, *replicas, until_ns);
  ReplicaWait& work = *owned;
  session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(owned));
  call.session.block();
  work.begin(pending, shards, call.session.written_regions != 0);
  return Verdict::accepted;
}

constexpr std::array<HandlerBinding, 1> kBindings{{{"wait", wait}}};

}  // namespace

std::span<const HandlerBinding> wait_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
