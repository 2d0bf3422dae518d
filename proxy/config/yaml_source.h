#pragma once

#include <string>
#include <string_view>

#include "config/source.h"

namespace slotway::config {

/// Reads the text of a configuration file; `name` is what errors call it. All unknown and duplicate
/// keys are reported at once. A syntax error ends the reading: what follows it has no meaning.
/// Any bytes are fine as input. The exceptions of yaml-cpp end in here.
[[nodiscard]] SourceValues read_yaml(std::string_view text, const std::string& name);

}  // namespace slotway::config
