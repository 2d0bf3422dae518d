#pragma once

#include <span>
#include <string_view>

#include "config/setting.h"

namespace slotway::config {

/// All settings, in the order of the reference file; the settings of one group stand together.
/// To add one: a member with its default in settings.h, a row here, a paragraph in slotway.yaml.
[[nodiscard]] std::span<const Setting> setting_table();

/// The row of a path, or nullptr.
[[nodiscard]] const Setting* find_setting(std::string_view path);

/// True if `path` names a group, such as "limits".
[[nodiscard]] bool is_group(std::string_view path);

}  // namespace slotway::config
