#include "routing/split_plan.h"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstring>
#include <string_view>

namespace slotway::routing {
namespace {

/// Arguments lie one behind the other in a request, each as "$<size>\r\n<bytes>\r\n". So an
/// argument with its header begins where its predecessor ends, and can be copied in one piece.
constexpr std::size_t kLineEndBytes = 2;

std::size_t end_of_argument(const resp::RequestView& request, std::size_t index) noexcept {
  const std::string_view argument = request[index];
  return static_cast<std::size_t>(argument.data() - request.bytes().data()) + argument.size() +
         kLineEndBytes;
}

/// The frames of arguments first to last. REQUIRES: first > 0.
std::string_view frames(const resp::RequestView& request, std::size_t first,
                        std::size_t last) noexcept {
  const std::size_t begin = end_of_argument(request, first - 1);
  return request.bytes().substr(begin, end_of_argument(request, last) - begin);
}

std::string_view key_frames(const resp::RequestView& request, const SplitPlan& plan,
                            std::uint32_t ordinal) noexcept {
  const std::size_t first = plan.key_positions()[ordinal];
  return frames(request, first, first + plan.arguments_per_key() - 1);
}

std::size_t argument_count(const SplitPlan& plan, const SplitGroup& group) noexcept {
  return 1 + std::size_t{group.keys} * plan.arguments_per_key();
}

std::size_t digits(std::size_t number) noexcept {
  std::size_t count = 1;
  for (; number >= 10; number /= 10) ++count;
  return count;
}

char* copy(char* out, std::string_view bytes) noexcept {
  std::memcpy(out, bytes.data(), bytes.size());
  return out + bytes.size();
}

}  // namespace

Splitter::Splitter() : places_(cluster::kSlotCount) {}

std::uint32_t Splitter::next_stamp() {
  if (++stamp_ == 0) {  // after 2^32 requests old stamps would look new
    std::ranges::fill(places_, Place{});
    stamp_ = 1;
  }
  return stamp_;
}

std::uint32_t Splitter::group_of(cluster::Slot slot, std::uint32_t stamp) {
  Place& place = places_[slot.value()];
  if (place.stamp != stamp) {
    place = {stamp, static_cast<std::uint32_t>(plan_.groups_.size())};
    plan_.groups_.push_back({.slot = slot});
  }
  return place.group;
}

const SplitPlan& Splitter::plan(const resp::RequestView& request,
                                std::span<const std::uint32_t> key_positions,
                                std::uint32_t arguments_per_key) {
  plan_.key_positions_ = key_positions;
  plan_.arguments_per_key_ = arguments_per_key;
  // The line "*<count>\r\n" precedes the command's name.
  plan_.name_begin_ = request.bytes().find('\n') + 1;
  plan_.name_size_ = end_of_argument(request, 0) - plan_.name_begin_;
  plan_.groups_.clear();
  group_of_key_.resize(key_positions.size());
  plan_.ordinals_.resize(key_positions.size());

  const std::uint32_t stamp = next_stamp();
  for (std::uint32_t ordinal = 0; ordinal < key_positions.size(); ++ordinal) {
    assert(std::size_t{key_positions[ordinal]} + arguments_per_key <= request.size());
    const std::uint32_t number = group_of(cluster::slot_of(request[key_positions[ordinal]]), stamp);
    SplitGroup& group = plan_.groups_[number];
    ++group.keys;
    group.argument_bytes += key_frames(request, plan_, ordinal).size();
    group_of_key_[ordinal] = number;
  }

  // Each group's ordinals follow those of the group before it; `keys` counts up again as they are
  // filled.
  std::uint32_t first = 0;
  for (SplitGroup& group : plan_.groups_) {
    group.first = first;
    first += group.keys;
    group.keys = 0;
  }
  for (std::uint32_t ordinal = 0; ordinal < key_positions.size(); ++ordinal) {
    SplitGroup& group = plan_.groups_[group_of_key_[ordinal]];
    plan_.ordinals_[group.first + group.keys] = ordinal;
    ++group.keys;
  }
  return plan_;
}

std::size_t part_size(const resp::RequestView& /*request*/, const SplitPlan& plan,
                      const SplitGroup& group) noexcept {
  return 1 + digits(argument_count(plan, group)) + kLineEndBytes + plan.name_size_ +
         group.argument_bytes;
}

char* write_part(char* out, const resp::RequestView& request, const SplitPlan& plan,
                 const SplitGroup& group) noexcept {
  constexpr std::size_t kMostDigits = 20;
  *out++ = '*';
  out = std::to_chars(out, out + kMostDigits, argument_count(plan, group)).ptr;
  out = copy(out, "\r\n");
  out = copy(out, request.bytes().substr(plan.name_begin_, plan.name_size_));
  for (const std::uint32_t ordinal : plan.ordinals(group)) {
    out = copy(out, key_frames(request, plan, ordinal));
  }
  return out;
}

void append_part(std::string& out, const resp::RequestView& request, const SplitPlan& plan,
                 const SplitGroup& group) {
  const std::size_t before = out.size();
  out.resize(before + part_size(request, plan, group));
  write_part(out.data() + before, request, plan, group);
}

}  // namespace slotway::routing
