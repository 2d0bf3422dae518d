#include "server/cross_slot.h"

#include <fmt/format.h>

#include <memory>
#include <unordered_map>

#include "command/ascii.h"
#include "command/key_extractor.h"
#include "resp/encoder.h"
#include "routing/router.h"
#include "server/dispatcher.h"

namespace slotway::server {

using session::Verdict;

namespace {

/// Passes a node's error on; any other reply would be about the wrong keys.
class ExplainWork final : public CollectWork {
 public:
  using CollectWork::CollectWork;

 protected:
  std::string combine(WorkContext&) override { return resp::error_reply(routing::kCrossSlotError); }
};

}  // namespace

KeyPositions key_positions_of(const Call& call) {
  KeyPositions positions;
  if (command::extract_keys(call.command, call.request, positions) != command::KeyResult::found) {
    positions.clear();
  }
  return positions;
}

std::vector<KeyGroup> group_by_slot(const Call& call, const KeyPositions& keys) {
  std::vector<KeyGroup> groups;
  std::unordered_map<std::uint16_t, std::size_t> group_of;
  for (const std::uint32_t position : keys) {
    const cluster::Slot slot = cluster::slot_of(call.request[position]);
    const auto [found, is_new] = group_of.emplace(slot.value(), groups.size());
    if (is_new) groups.push_back({slot, {}});
    groups[found->second].keys.push_back(position);
  }
  return groups;
}

DistinctKeys distinct_keys_of(const Call& call, const KeyPositions& keys) {
  DistinctKeys distinct;
  std::unordered_map<std::string_view, std::uint32_t> index_of;
  for (const std::uint32_t position : keys) {
    const auto next = static_cast<std::uint32_t>(distinct.keys.size());
    const auto [found, is_new] = index_of.emplace(call.request[position], next);
    if (is_new) distinct.keys.push_back(call.request[position]);
    distinct.of_position.push_back(found->second);
  }
  return distinct;
}

void PartList::add(cluster::Slot slot, std::span<const std::string_view> arguments) {
  std::string& text = texts_.emplace_back();
  resp::append_array_header(text, arguments.size());
  for (const std::string_view argument : arguments) resp::append_bulk(text, argument);
  parts_.push_back({.slot = slot, .bytes = text});
}

bool may_read_across_slots(const Call& call) noexcept {
  return call.dispatcher.options().cross_slot_reads;
}

Verdict refuse_cross_slot(const Call& call) {
  return call.dispatcher.reply_error(call, routing::kCrossSlotError);
}

Verdict refuse_too_many_keys(const Call& call) {
  return call.dispatcher.reply_error(
      call, fmt::format("ERR slotway: {} over several slots takes at most {} keys",
                        command::upper_case(call.command.name), CollectWork::kMostParts));
}

CollectWork::Limit cross_slot_limit(const Call& call) noexcept {
  return {call.dispatcher.options().cross_slot_reply_limit, "limits.cross_slot_reply_limit"};
}

Verdict let_a_node_explain(const Call& call, const KeyPositions& keys) {
  std::vector<std::string_view> arguments;
  for (std::size_t i = 0; i < call.request.size(); ++i) arguments.push_back(call.request[i]);
  const std::string_view first_key = call.request[keys.front()];
  for (const std::uint32_t position : keys) arguments[position] = first_key;
  PartList parts;
  parts.add(cluster::slot_of(first_key), arguments);
  auto work = std::make_unique<ExplainWork>(call.command.name, 1, cross_slot_limit(call));
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

}  // namespace slotway::server
