#include "routing/pattern_slot.h"

namespace slotway::routing {

std::optional<cluster::Slot> slot_of_pattern(std::string_view pattern) noexcept {
  // What has a meaning in Redis' stringmatchlen; an escaped character could be told apart, but
  // nobody escapes one in front of a hash tag.
  constexpr std::string_view kWildcards = "*?[\\";
  const std::string_view literal = pattern.substr(0, pattern.find_first_of(kWildcards));
  if (literal.size() == pattern.size()) return cluster::slot_of(pattern);
  const std::string_view tag = cluster::hash_tag(literal);
  // Without a complete tag the "tag" is all of the literal part, and the key goes on after it.
  if (tag.size() == literal.size()) return std::nullopt;
  return cluster::slot_of(literal);
}

}  // namespace slotway::routing
