#include "command/vocabulary.h"

#include <array>
#include <optional>
#include <span>

#include "command/ascii.h"

namespace slotway::command {

namespace {

template <typename Value>
struct Word {
  std::string_view text;
  Value value;
};

constexpr std::array kFlags{
    Word{"write", Flag::write},
    Word{"readonly", Flag::readonly},
    Word{"denyoom", Flag::denyoom},
    Word{"admin", Flag::admin},
    Word{"pubsub", Flag::pubsub},
    Word{"noscript", Flag::noscript},
    Word{"blocking", Flag::blocking},
    Word{"loading", Flag::loading},
    Word{"stale", Flag::stale},
    Word{"fast", Flag::fast},
    Word{"no_auth", Flag::no_auth},
    Word{"no_multi", Flag::no_multi},
    Word{"movablekeys", Flag::movablekeys},
    Word{"module", Flag::module},
    Word{"no_mandatory_keys", Flag::no_mandatory_keys},
    Word{"skip_monitor", Flag::skip_monitor},
    Word{"asking", Flag::asking},
    Word{"allow_busy", Flag::allow_busy},
};

constexpr std::array kRequestPolicies{
    Word{"all_nodes", RequestPolicy::all_nodes},
    Word{"all_shards", RequestPolicy::all_shards},
    Word{"multi_shard", RequestPolicy::multi_shard},
    Word{"special", RequestPolicy::special},
};

constexpr std::array kResponsePolicies{
    Word{"one_succeeded", ResponsePolicy::one_succeeded},
    Word{"all_succeeded", ResponsePolicy::all_succeeded},
    Word{"agg_logical_and", ResponsePolicy::agg_logical_and},
    Word{"agg_logical_or", ResponsePolicy::agg_logical_or},
    Word{"agg_min", ResponsePolicy::agg_min},
    Word{"agg_max", ResponsePolicy::agg_max},
    Word{"agg_sum", ResponsePolicy::agg_sum},
    Word{"special", ResponsePolicy::special},
};

template <typename Words>
auto value_of(const Words& words, std::string_view text)
    -> std::optional<decltype(words[0].value)> {
  for (const auto& word : words) {
    if (equal_ignoring_case(word.text, text)) return word.value;
  }
  return std::nullopt;
}

}  // namespace

void add_flag(Command& command, std::string_view word) noexcept {
  if (const auto flag = value_of(kFlags, word)) command.flags |= static_cast<std::uint32_t>(*flag);
}

void add_tip(Command& command, std::string_view word) noexcept {
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = word.substr(0, colon);
  const std::string_view value = word.substr(colon + 1);
  if (equal_ignoring_case(name, "request_policy")) {
    if (const auto policy = value_of(kRequestPolicies, value)) command.request_policy = *policy;
  } else if (equal_ignoring_case(name, "response_policy")) {
    if (const auto policy = value_of(kResponsePolicies, value)) command.response_policy = *policy;
  }
}

void add_key_flag(KeySpec& spec, std::string_view word) noexcept {
  if (word == "RW" || word == "OW" || word == "RM") spec.writes = true;
  if (word == "not_key") spec.not_key = true;
  if (word == "incomplete") spec.incomplete = true;
}

}  // namespace slotway::command
