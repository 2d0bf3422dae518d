#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace slotway::resp {

/// Splits an inline command into words as Redis' sdssplitargs does: white space separates, double
/// quotes know \n \r \t \b \a \xHH \\ and \", single quotes know \'. Nothing if quotes are
/// unbalanced or a closing quote is not followed by white space.
[[nodiscard]] std::optional<std::vector<std::string>> split_inline_arguments(std::string_view line);

}  // namespace slotway::resp
