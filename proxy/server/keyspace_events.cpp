#include "server/keyspace_events.h"

#include "command/glob.h"

namespace slotway::server {

namespace {

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
        if (!command::take_glob_class(pattern, c)) return false;
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
