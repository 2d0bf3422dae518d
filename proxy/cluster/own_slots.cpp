#include "cluster/own_slots.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "cluster/quoted.h"

namespace slotway::cluster {
namespace {

// <id> <ip:port@cport[,hostname[,...]]> <flags> <primary> <ping> <pong> <epoch> <link> <slot> ...
constexpr int kWordsBeforeSlots = 8;
constexpr int kAddressWord = 1;
constexpr int kFlagsWord = 2;

std::string_view take_until(std::string_view& rest, char end) noexcept {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return taken;
}

bool contains_flag(std::string_view flags, std::string_view wanted) noexcept {
  while (!flags.empty()) {
    if (take_until(flags, ',') == wanted) return true;
  }
  return false;
}

std::optional<Slot> slot_in(std::string_view text) noexcept {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Slot::from_number(number);
}

}  // namespace

Slot OwnSlots::end_of_run(Slot first) const noexcept {
  Slot last = first;
  while (true) {
    const std::optional<Slot> next = Slot::from_number(last.value() + 1);
    if (!next || !is_settled(*next)) return last;
    last = *next;
  }
}

std::string_view OwnSlots::destination(Slot slot) const noexcept {
  for (const auto& [leaving, id] : destinations_) {
    if (leaving == slot) return id;
  }
  return {};
}

// "[77->-<id>]" is on its way to that node, "[77-<-<id>]" on its way from it.
bool OwnSlots::take_move(std::string_view word) {
  if (!word.ends_with(']')) return false;
  word = word.substr(1, word.size() - 2);
  const std::size_t arrow = word.find('-');
  if (arrow == std::string_view::npos || word.size() < arrow + 4) return false;
  const std::optional<Slot> slot = slot_in(word.substr(0, arrow));
  if (!slot) return false;
  const std::string_view direction = word.substr(arrow, 3);
  if (direction == "->-") {
    leaving_.set(slot->value());
    destinations_.emplace_back(*slot, std::string(word.substr(arrow + 3)));
    return true;
  }
  if (direction != "-<-") return false;
  arriving_.set(slot->value());
  return true;
}

bool OwnSlots::take(std::string_view word) {
  if (word.starts_with('[')) return take_move(word);
  const std::size_t dash = word.find('-');
  const std::optional<Slot> first = slot_in(word.substr(0, dash));
  const std::optional<Slot> last =
      dash == std::string_view::npos ? first : slot_in(word.substr(dash + 1));
  if (!first || !last || *last < *first) return false;
  for (std::size_t slot = first->value(); slot <= last->value(); ++slot) owned_.set(slot);
  return true;
}

std::expected<OwnSlots, std::string> parse_own_slots(std::string_view cluster_nodes) {
  while (!cluster_nodes.empty()) {
    std::string_view line = take_until(cluster_nodes, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    std::string_view flags;
    for (int word = 0; word < kWordsBeforeSlots; ++word) {
      const std::string_view text = take_until(line, ' ');
      if (word == kFlagsWord) flags = text;
    }
    if (!contains_flag(flags, "myself")) continue;
    OwnSlots slots;
    while (!line.empty()) {
      const std::string_view word = take_until(line, ' ');
      if (!word.empty() && !slots.take(word)) {
        return std::unexpected(fmt::format("{} in CLUSTER NODES is no slot", quoted(word)));
      }
    }
    return slots;
  }
  return std::unexpected(std::string("CLUSTER NODES has no line of the node itself"));
}

std::optional<Endpoint> find_endpoint(std::string_view cluster_nodes, std::string_view id,
                                      std::string_view host_of_node_asked) {
  while (!cluster_nodes.empty()) {
    std::string_view line = take_until(cluster_nodes, '\n');
    if (take_until(line, ' ') != id) continue;
    static_assert(kAddressWord == 1);
    std::string_view address = take_until(line, ' ');
    auto endpoint = parse_redirect_target(take_until(address, '@'), host_of_node_asked);
    if (!endpoint) return std::nullopt;
    return *endpoint;
  }
  return std::nullopt;
}

}  // namespace slotway::cluster
