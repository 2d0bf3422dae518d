#include "command/request_conditions.h"

#include <charconv>
#include <cstddef>
#include <string_view>

#include "command/ascii.h"

namespace slotway::command {

std::size_t find_block_option(const resp::RequestView& request) noexcept {
  // Options with arguments are passed over as a whole: a group may well be called "streams".
  for (std::size_t i = 1; i < request.size(); ++i) {
    if (equal_ignoring_case(request[i], "block")) return i;
    if (equal_ignoring_case(request[i], "streams")) return 0;
    if (equal_ignoring_case(request[i], "group"))
      i += 2;
    else if (equal_ignoring_case(request[i], "count"))
      i += 1;
  }
  return 0;
}

bool sets_all_or_nothing(const resp::RequestView& request) noexcept {
  if (request.size() < 2) return true;
  const std::string_view text = request[1];
  std::size_t keys = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), keys);
  const bool is_number = error == std::errc{} && end == text.data() + text.size();
  if (!is_number || keys == 0 || keys > request.size()) return true;
  for (std::size_t i = 2 + 2 * keys; i < request.size(); ++i) {
    if (equal_ignoring_case(request[i], "nx") || equal_ignoring_case(request[i], "xx")) return true;
  }
  return false;
}

}  // namespace slotway::command
