#pragma once

#include <string>
#include <vector>

#include "config/config_error.h"
#include "config/setting.h"
#include "config/value.h"

namespace slotway::config {

/// A value that a source gives for a setting of the table.
struct Assignment {
  const Setting* setting;  ///< never null; the table lives as long as the process
  Value value;
};

/// What one source has to say. Errors here are about names and form; values are judged later, by
/// the rows, so that all errors of all sources are reported together.
struct SourceValues {
  std::vector<Assignment> assignments;
  std::vector<ConfigError> errors;
  bool complete = true;  ///< false: unreadable, so nothing is known of the settings it would give
};

}  // namespace slotway::config
