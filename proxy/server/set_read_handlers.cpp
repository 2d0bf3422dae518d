// SUNION, SINTER, SDIFF and SINTERCARD of sets in several slots. Each slot's node combines the sets
// of its slot, and what the nodes answer is combined here.

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/ascii.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"
#include "routing/set_algebra.h"
#include "server/collect_work.h"
#include "server/cross_slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using routing::Members;
using session::Verdict;

namespace {

using Operation = Members (*)(std::span<const Members>);

/// The strings of an array or a set; nothing for any other reply.
std::optional<Members> members_of(std::string_view reply) {
  resp::ReplyCursor cursor(reply);
  const auto list = cursor.next();
  if (!list || !list->is_list()) return std::nullopt;
  Members members;
  members.reserve(list->elements);
  for (std::size_t i = 0; i < list->elements; ++i) {
    const auto member = cursor.next();
    if (!member || !member->is_string()) return std::nullopt;
    members.push_back(member->text);
  }
  return members;
}

/// The replies of all parts are sets, of which an operation makes one.
class SetWork : public CollectWork {
 public:
  SetWork(std::string_view command_name, std::size_t parts, Limit limit, Operation operation)
      : CollectWork(command_name, parts, limit), operation_(operation) {}

 protected:
  std::string combine(WorkContext& context) override {
    std::vector<Members> sets;
    for (std::size_t part = 0; part < parts(); ++part) {
      auto members = members_of(reply(part));
      if (!members) return impossible_reply();
      sets.push_back(*std::move(members));
    }
    return encode(operation_(sets), context.protocol());
  }

 private:
  [[nodiscard]] virtual std::string encode(const Members& members, int protocol) const {
    resp::ReplyWriter reply(protocol);
    reply.set(members.size());
    for (const std::string_view member : members) reply.bulk(member);
    return reply.take();
  }

  Operation operation_;
};

/// The same for SINTERCARD and ZINTERCARD, which tell only how many there are.
class CardinalityWork final : public SetWork {
 public:
  CardinalityWork(std::string_view command_name, std::size_t parts, Limit limit, std::size_t most)
      : SetWork(command_name, parts, limit, routing::intersect), most_(most) {}

 private:
  std::string encode(const Members& members, int) const override {
    const std::size_t count = most_ == 0 ? members.size() : std::min(members.size(), most_);
    return resp::integer_reply(static_cast<std::int64_t>(count));
  }

  std::size_t most_;  // 0: no limit
};

/// `name key [key ...]`, or with the number of keys in between.
std::vector<std::string_view> command_over(const Call& call, std::string_view name,
                                           const KeyPositions& keys) {
  std::vector<std::string_view> arguments{name};
  for (const std::uint32_t position : keys) arguments.push_back(call.request[position]);
  return arguments;
}

/// `later` is the command for all slots but that of the first key.
Verdict read_sets(const Call& call, std::string_view first, std::string_view later,
                  Operation operation) {
  if (!may_read_across_slots(call)) return refuse_cross_slot(call);
  PartList parts;
  for (const KeyGroup& group : group_by_slot(call, key_positions_of(call))) {
    parts.add(group.slot, command_over(call, parts.size() == 0 ? first : later, group.keys));
  }
  auto work =
      std::make_unique<SetWork>(call.command.name, parts.size(), cross_slot_limit(call), operation);
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

Verdict sunion(const Call& call) { return read_sets(call, "SUNION", "SUNION", routing::unite); }
Verdict sinter(const Call& call) { return read_sets(call, "SINTER", "SINTER", routing::intersect); }
Verdict sdiff(const Call& call) { return read_sets(call, "SDIFF", "SUNION", routing::subtract); }

/// What follows the keys: nothing, or LIMIT and a number, of several the last. Nothing if it is
/// neither.
std::optional<std::size_t> parse_limit(const Call& call, std::size_t behind_keys) {
  std::size_t most = 0;
  for (std::size_t i = behind_keys; i < call.request.size(); i += 2) {
    if (!command::equal_ignoring_case(call.request[i], "limit")) return std::nullopt;
    if (i + 1 == call.request.size()) return std::nullopt;
    const std::string_view text = call.request[i + 1];
    if (text.size() > 1 && text.front() == '0') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), most);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  }
  return most;
}

/// SINTERCARD and ZINTERCARD: numkeys key [key ...] [LIMIT limit].
Verdict read_cardinality(const Call& call, std::string_view command, bool counts_keys) {
  if (!may_read_across_slots(call)) return refuse_cross_slot(call);
  const KeyPositions keys = key_positions_of(call);
  const auto most = parse_limit(call, 2 + keys.size());
  if (!most) return let_a_node_explain(call, keys);
  PartList parts;
  for (const KeyGroup& group : group_by_slot(call, keys)) {
    std::vector<std::string_view> arguments = command_over(call, command, group.keys);
    const std::string count = std::to_string(group.keys.size());
    if (counts_keys) arguments.insert(arguments.begin() + 1, count);
    parts.add(group.slot, arguments);
  }
  auto work = std::make_unique<CardinalityWork>(call.command.name, parts.size(),
                                                cross_slot_limit(call), *most);
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

Verdict sintercard(const Call& call) { return read_cardinality(call, "SINTER", false); }
Verdict zintercard(const Call& call) { return read_cardinality(call, "ZINTER", true); }

constexpr std::array<HandlerBinding, 5> kBindings{{
    {"sunion", sunion},
    {"sinter", sinter},
    {"sdiff", sdiff},
    {"sintercard", sintercard},
    {"zintercard", zintercard},
}};

}  // namespace

std::span<const HandlerBinding> set_read_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
