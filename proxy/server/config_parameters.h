#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "server/instance.h"
#include "server/runtime_settings.h"

namespace slotway::server {

/// A parameter of redis.conf that is Slotway's own affair: what the nodes say to it does not matter
/// to clients.
struct OwnParameter {
  using Tunable = std::atomic<std::int64_t> RuntimeSettings::*;

  std::string_view name;  ///< as in redis.conf, in lower case
  std::string (*get)(const Instance& instance);
  Tunable tunable = nullptr;  ///< null: CONFIG SET cannot change it
  std::int64_t min = 0;       ///< of a tunable one
  std::int64_t max = 0;
};

/// Null if the parameter is the nodes'. In any case.
[[nodiscard]] const OwnParameter* find_own_parameter(std::string_view name) noexcept;

/// The number that `text` means to a tunable parameter; the error is what Redis says after "- ".
[[nodiscard]] std::expected<std::int64_t, std::string> parse_own_value(
    const OwnParameter& parameter, std::string_view text);

/// Why a parameter must not be set to the same value on all nodes; empty if it may.
[[nodiscard]] std::string_view why_not_for_all_nodes(std::string_view name) noexcept;

}  // namespace slotway::server
