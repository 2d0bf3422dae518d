#pragma once

#include <string>
#include <string_view>

namespace slotway::cluster {

/// Text from outside as it may appear in an error message: in double quotes, control bytes escaped,
/// cut after 128 bytes. Keeps a hostile reply from writing lines of its own into the log.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace slotway::cluster
