#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace slotway::config {

/// The candidate that `word` is most likely a misspelling of: up to a third of its letters changed,
/// added, left out or swapped with their neighbour. '-' and '_' and both cases count as the same.
/// Nothing when no candidate is that near.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view word,
                                                      std::span<const std::string> candidates);

/// What an unknown name should have been, to end "..., expected ".
[[nodiscard]] std::string did_you_mean(const std::string& name);

}  // namespace slotway::config
