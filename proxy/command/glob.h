#pragma once

#include <string_view>

namespace slotway::command {

/// True if a pattern of KEYS, PSUBSCRIBE or PUBSUB CHANNELS matches the text: '*', '?', "[a-z]",
/// "[^a-z]", and '\' before a character that is meant as it is. As stringmatchlen in util.c of
/// Redis, unfinished classes included, and like it nothing but the empty pattern matches the empty
/// text. Takes time in proportion to both lengths multiplied, however many stars there are.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text) noexcept;

/// Takes a class ("[a-z]", "[^abc]") off the front of a pattern and says if the character is in it.
/// REQUIRES: pattern begins with '['.
[[nodiscard]] bool take_glob_class(std::string_view& pattern, char c) noexcept;

}  // namespace slotway::command
