#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/source.h"

namespace slotway::config {

struct EnvironmentVariable {
  std::string name;
  std::string value;
};

/// The variables of a process that begin with SLOTWAY_, from its `environ`.
[[nodiscard]] std::vector<EnvironmentVariable> slotway_variables(const char* const* environment);

/// Reads SLOTWAY_LIMITS_MAXCLIENTS and its like; lists are separated by commas. A SLOTWAY_ variable
/// that is no setting is an error, so that a misspelt one does not pass unnoticed. Variables that
/// Kubernetes adds for a Service called "slotway" or "slotway-..." are not ours and are skipped.
[[nodiscard]] SourceValues read_environment(std::span<const EnvironmentVariable> variables);

}  // namespace slotway::config
