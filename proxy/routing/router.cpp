#include "routing/router.h"

#include <algorithm>
#include <variant>

namespace slotway::routing {
namespace {

/// A part can be written for each slot only if the command consists of its name and the keys (with
/// their values) and nothing else: other arguments would have to be repeated, which no such command
/// needs.
bool keys_are_all(const resp::RequestView& request, std::span<const std::uint32_t> key_positions,
                  std::uint32_t per_key) noexcept {
  return key_positions.front() == 1 && 1 + key_positions.size() * per_key == request.size();
}

}  // namespace

std::uint32_t arguments_per_key(const command::Command& command) noexcept {
  if (command.key_specs.empty()) return 1;
  const auto& find = command.key_specs.front().find;
  int step = 1;
  if (const auto* range = std::get_if<command::FindRange>(&find)) step = range->step;
  if (const auto* keynum = std::get_if<command::FindKeynum>(&find)) step = keynum->step;
  return static_cast<std::uint32_t>(std::max(step, 1));
}

RouteDecision decide_route(const command::Command& command, const resp::RequestView& request,
                           std::span<const std::uint32_t> key_positions) noexcept {
  if (key_positions.empty()) return {Destination::no_key, cluster::Slot()};
  const cluster::Slot slot = cluster::slot_of(request[key_positions.front()]);
  if (key_positions.size() == 1) return {Destination::one_slot, slot};

  const bool in_one_slot = std::ranges::all_of(
      key_positions.subspan(1),
      [&](std::uint32_t position) { return cluster::slot_of(request[position]) == slot; });
  if (in_one_slot) return {Destination::one_slot, slot};
  if (command.route != command::Route::split) return {Destination::cross_slot, slot};

  const std::uint32_t per_key = arguments_per_key(command);
  if (key_positions.back() + std::size_t{per_key} > request.size()) {
    return {Destination::wrong_arguments, slot};
  }
  if (!keys_are_all(request, key_positions, per_key)) return {Destination::cross_slot, slot};
  return {Destination::split, slot};
}

}  // namespace slotway::routing
