#include "server/key_conflict.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "command/key_extractor.h"
#include "resp/request_parser.h"

namespace slotway::server {

namespace {

// Calls `visit` with each key until it returns true, and says whether it did.
template <typename Visitor>
bool any_key(const command::CommandTable& commands, std::string_view bytes, const Visitor& visit) {
  resp::RequestParser parser;
  std::vector<std::uint32_t> positions;
  // What is sent to nodes has passed the limits of clients before.
  const resp::RequestLimits no_limits{.max_bulk_bytes = std::int64_t{1} << 40,
                                      .max_arguments = std::int64_t{1} << 40,
                                      .max_request_bytes = std::size_t{1} << 40};
  while (!bytes.empty() && parser.parse(bytes, no_limits) == resp::ParseStatus::complete) {
    const resp::RequestView request = parser.request();
    const command::Command* command = commands.resolve(request);
    if (command != nullptr && !command->key_specs.empty() &&
        command::extract_keys(*command, request, positions) == command::KeyResult::found) {
      const auto is_wanted = [&](std::uint32_t position) { return visit(request[position]); };
      if (std::ranges::any_of(positions, is_wanted)) return true;
    }
    bytes.remove_prefix(parser.consumed());
  }
  return false;
}

}  // namespace

bool share_a_key(const command::CommandTable& commands, std::string_view first,
                 std::string_view second) {
  std::unordered_set<std::string_view> keys;
  any_key(commands, first, [&](std::string_view key) {
    keys.insert(key);
    return false;
  });
  return any_key(commands, second, [&](std::string_view key) { return keys.contains(key); });
}

}  // namespace slotway::server
