#include "config/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace slotway::config {
namespace {

constexpr std::size_t kMaxWord =
    100;  // longer words are not typing errors, and distance is quadratic

std::string normalized(std::string_view word) {
  std::string result(word);
  std::ranges::transform(result, result.begin(), [](char c) {
    if (c == '-') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// Optimal string alignment: Levenshtein distance with neighbours swapped as one edit.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before_last(right.size() + 1);
  std::vector<std::size_t> last(right.size() + 1);
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[right.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view word,
                                        std::span<const std::string> candidates) {
  if (word.empty() || word.size() > kMaxWord) return std::nullopt;
  const std::string wanted = normalized(word);
  std::size_t nearest = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::optional<std::string> result;
  for (const std::string& candidate : candidates) {
    const std::size_t edits = distance(wanted, normalized(candidate));
    if (edits < nearest) {
      nearest = edits;
      result = candidate;
    }
  }
  return result;
}

std::string did_you_mean(const std::string& name) {
  return "a known one (did you mean " + name + "?)";
}

}  // namespace slotway::config
