// XREAD and XREADGROUP of streams in several slots, without BLOCK: each slot's node is asked about
// its streams, and the replies are put together in the order of the request.

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "command/request_conditions.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "server/collect_work.h"
#include "server/cross_slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

/// A stream's place in the replies.
struct StreamPlace {
  std::string key;
  std::size_t part;
};

/// One stream of a node's reply: its bytes as they stand in the reply, the name taken out.
struct FoundStream {
  std::string_view key;
  std::string_view bytes;
};

/// The streams of one reply in order; none for a null. Nothing if it is no reply of XREAD. In RESP2
/// each stream is an array of its name and its entries; in RESP3 they are the pairs of a map.
std::optional<std::vector<FoundStream>> streams_of(std::string_view reply) {
  std::vector<FoundStream> found;
  resp::ReplyCursor cursor(reply);
  const auto list = cursor.next();
  if (!list) return std::nullopt;
  if (list->is_null) return found;
  if (list->type != '*' && list->type != '%') return std::nullopt;
  while (!cursor.at_end()) {
    const std::string_view from = cursor.rest();
    if (list->type == '*' && !cursor.next()) return std::nullopt;  // the header of the pair
    const auto key = cursor.next();
    if (!key || !key->is_string() || cursor.next_frame().empty()) return std::nullopt;
    found.push_back({key->text, from.substr(0, from.size() - cursor.rest().size())});
  }
  return found;
}

class StreamReadWork final : public CollectWork {
 public:
  StreamReadWork(std::string_view command_name, std::size_t parts, Limit limit, bool reads_only,
                 std::vector<StreamPlace> streams)
      : CollectWork(command_name, parts, limit),
        reads_only_(reads_only),
        streams_(std::move(streams)) {}

  [[nodiscard]] bool sends_other_commands() const noexcept override { return false; }

 protected:
  // A part has each stream at most once, and those that have something, in the order asked for:
  // taking them one by one from the front finds each one's place again.
  std::string combine(WorkContext& context) override {
    std::vector<std::vector<FoundStream>> replies;
    for (std::size_t part = 0; part < parts(); ++part) {
      auto found = streams_of(reply(part));
      if (!found) return impossible_reply();
      replies.push_back(*std::move(found));
    }
    std::vector<std::size_t> taken(parts(), 0);
    std::string streams;
    std::size_t count = 0;
    for (const StreamPlace& stream : streams_) {
      const auto& candidates = replies[stream.part];
      std::size_t& next = taken[stream.part];
      if (next == candidates.size() || candidates[next].key != stream.key) continue;
      streams.append(candidates[next++].bytes);
      ++count;
    }
    const bool resp3 = context.protocol() == 3;
    if (count == 0) return std::string(resp3 ? resp::kNull : resp::kNullArray);
    std::string reply;
    resp::append_header(reply, resp3 ? '%' : '*', static_cast<std::int64_t>(count));
    return reply.append(streams);
  }

  // What a group's consumer was given by the other slots cannot be taken back, and the client has
  // to know.
  std::string combine_failure(const Failure& first, std::size_t failed) override {
    if (reads_only_ || failed == parts()) return CollectWork::combine_failure(first, failed);
    const std::string_view word = std::string_view(first.text).substr(0, first.text.find(' '));
    return resp::error_reply(
        fmt::format("{} slotway: {} of {} parts of {} failed, what the others delivered stays "
                    "pending; first: {}",
                    word, failed, parts(), command_name(), first.text));
  }

 private:
  bool reads_only_;
  std::vector<StreamPlace> streams_;
};

/// Arguments of one part: the same options, and some of the streams with their ids.
struct StreamPart {
  cluster::Slot slot;
  std::vector<std::string_view> keys;
  std::vector<std::string_view> ids;
};

/// The streams of a request by slot. One that is asked for twice goes into a part of its own, so
/// that no part has a stream twice.
struct StreamPlan {
  std::vector<StreamPart> parts;
  std::vector<StreamPlace> streams;
};

StreamPlan plan_of(const Call& call, const KeyPositions& keys) {
  StreamPlan plan;
  std::unordered_map<std::string_view, std::size_t> times_seen;
  std::map<std::pair<std::uint16_t, std::size_t>, std::size_t> part_of;
  for (const std::uint32_t position : keys) {
    const std::string_view key = call.request[position];
    const cluster::Slot slot = cluster::slot_of(key);
    const std::size_t time = times_seen[key]++;
    const auto [found, is_new] = part_of.emplace(std::pair(slot.value(), time), plan.parts.size());
    if (is_new) plan.parts.push_back({slot, {}, {}});
    StreamPart& part = plan.parts[found->second];
    part.keys.push_back(key);
    part.ids.push_back(call.request[position + keys.size()]);
    plan.streams.push_back({std::string(key), found->second});
  }
  return plan;
}

Verdict read_streams(const Call& call) {
  // A node would have to hold up several connections of ours, and one stream's entries would be
  // read from a group although another's had ended the wait.
  if (command::asks_to_block(call.request)) return refuse_cross_slot(call);
  const KeyPositions keys = key_positions_of(call);
  StreamPlan plan = plan_of(call, keys);
  if (plan.parts.size() > CollectWork::kMostParts) return refuse_too_many_keys(call);
  PartList parts;
  for (const StreamPart& part : plan.parts) {
    std::vector<std::string_view> arguments;
    for (std::size_t i = 0; i < keys.front(); ++i) arguments.push_back(call.request[i]);
    arguments.insert(arguments.end(), part.keys.begin(), part.keys.end());
    arguments.insert(arguments.end(), part.ids.begin(), part.ids.end());
    parts.add(part.slot, arguments);
  }
  auto work = std::make_unique<StreamReadWork>(
      call.command.name, parts.size(), cross_slot_limit(call),
      call.command.has(command::Flag::readonly), std::move(plan.streams));
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

constexpr std::array<HandlerBinding, 2> kBindings{{
    {"xread", read_streams},
    {"xreadgroup", read_streams},
}};

}  // namespace

std::span<const HandlerBinding> stream_read_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
