#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/config_error.h"
#include "config/settings.h"

namespace slotway::config {

/// Where each setting's value came from, by path. Settings nobody set are absent.
using Origins = std::map<std::string_view, Origin>;

/// The rules that more than one setting takes part in, or that a value can only break once all
/// sources are merged (an empty list). A rule about a setting in `failed` is skipped: its value was
/// refused, and what stands in the Settings in its place is not what the operator wrote.
[[nodiscard]] std::vector<ConfigError> check_across(const Settings& settings,
                                                    const Origins& origins,
                                                    const std::set<std::string_view>& failed);

}  // namespace slotway::config
