#include "server/keyspace_events.h"

#include <algorithm>

namespace slotway::server {

namespace {

// Takes "[a-z]" or "[^abc]" off the front of a pattern, as stringmatchlen (util.c of Redis) reads
// it, an unfinished one included. REQUIRES: pattern begins with '['.
bool take_class(std::string_view& pattern, char c) noexcept {
  pattern.remove_prefix(1);
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  bool found = false;
  while (!pattern.empty() && !pattern.starts_with(']')) {
    if (pattern.front() == '\\' && pattern.size() >= 2) {
      found = found || pattern[1] == c;
      pattern.remove_prefix(2);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      const auto [low, high] = std::minmax(pattern[0], pattern[2]);
      found = found || (c >= low && c <= high);
      pattern.remove_prefix(3);
    } else {
      found = found || pattern.front() == c;
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated;
}

// True if the pattern may match a text that begins so. What a pattern says behind the beginning is
// taken to be possible.
bool may_begin_with(std::string_view pattern, std::string_view beginning) noexcept {
  for (const char c : beginning) {
    if (pattern.empty()) return false;
    switch (pattern.front()) {
      case '*':
        return true;
      case '?':
        pattern.remove_prefix(1);
        continue;
      case '[':
        if (!take_class(pattern, c)) return false;
        continue;
      case '\\':
        if (pattern.size() >= 2) pattern.remove_prefix(1);
        break;
      default:
        break;
    }
    if (pattern.front() != c) return false;
    pattern.remove_prefix(1);
  }
  return true;
}

}  // namespace

bool matches_keyspace_channels(std::string_view pattern) noexcept {
  return may_begin_with(pattern, "__keyspace@0__:") || may_begin_with(pattern, "__keyevent@0__:");
}

}  // namespace slotway::server
