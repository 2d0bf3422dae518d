#pragma once

#include <cstdint>
#include <string_view>

#include "command/command.h"

namespace slotway::command {

/// The words in which servers describe commands, in COMMAND's reply and in our own rows alike.
/// Words this build does not know are ignored: newer servers add flags and tips that a proxy need
/// not act upon.

/// Sets the bit of a flag such as "readonly".
void add_flag(Command& command, std::string_view word) noexcept;

/// Takes a tip such as "request_policy:all_shards".
void add_tip(Command& command, std::string_view word) noexcept;

/// Takes a key spec flag such as "RW" or "not_key".
void add_key_flag(KeySpec& spec, std::string_view word) noexcept;

/// Calls `take` with each word of a text of words separated by single spaces.
template <typename Take>
void for_each_word(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    take(word);
    text.remove_prefix(word.size() == text.size() ? word.size() : word.size() + 1);
  }
}

}  // namespace slotway::command
