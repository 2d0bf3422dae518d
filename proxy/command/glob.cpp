#include "command/glob.h"

#include <algorithm>

namespace slotway::command {

namespace {

// Takes whatever stands for one character off the front of a pattern. REQUIRES: it is not empty and
// begins with no star.
bool take_one(std::string_view& pattern, char c) noexcept {
  if (pattern.front() == '[') return take_glob_class(pattern, c);
  bool matches = pattern.front() == '?';
  if (!matches) {
    if (pattern.front() == '\\' && pattern.size() >= 2) pattern.remove_prefix(1);
    matches = pattern.front() == c;
  }
  pattern.remove_prefix(1);
  return matches;
}

}  // namespace

bool take_glob_class(std::string_view& pattern, char c) noexcept {
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

// Only the last star ever has to take more: what an earlier one could take, the last one can too.
bool glob_matches(std::string_view pattern, std::string_view text) noexcept {
  if (text.empty()) return pattern.empty();
  bool has_star = false;
  std::string_view behind_star;
  std::string_view star_text;
  while (!text.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      if (pattern.empty()) return true;
      has_star = true;
      behind_star = pattern;
      star_text = text;
      continue;
    }
    if (!pattern.empty() && take_one(pattern, text.front())) {
      text.remove_prefix(1);
      continue;
    }
    if (!has_star) return false;
    star_text.remove_prefix(1);
    text = star_text;
    pattern = behind_star;
  }
  while (pattern.starts_with('*')) pattern.remove_prefix(1);
  return pattern.empty();
}

}  // namespace slotway::command
