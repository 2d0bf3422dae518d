#include "server/slow_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resp/encoder.h"
#include "server/secret_arguments.h"

namespace slotway::server {

namespace {

constexpr std::size_t kMostArguments = 32;
constexpr std::size_t kMostBytes = 128;

}  // namespace

std::string shown_arguments(const command::Command& command, const resp::RequestView& request) {
  const bool too_many = request.size() > kMostArguments;
  const std::size_t in_full = too_many ? kMostArguments - 1 : request.size();
  std::string shown;
  resp::append_array_header(shown, std::min(request.size(), kMostArguments));
  SecretArguments secrets(command);
  for (std::size_t i = 0; i < in_full; ++i) {
    const std::string_view argument = request[i];
    if (secrets.is_secret(argument)) {
      resp::append_bulk(shown, kRedacted);
    } else if (argument.size() > kMostBytes) {
      resp::append_bulk(shown, fmt::format("{}... ({} more bytes)", argument.substr(0, kMostBytes),
                                           argument.size() - kMostBytes));
    } else {
      resp::append_bulk(shown, argument);
    }
  }
  if (too_many) {
    resp::append_bulk(shown, fmt::format("... ({} more arguments)", request.size() - in_full));
  }
  return shown;
}

void SlowLog::add(SlowLogEntry entry, std::size_t max_length) {
  entries_.push_back(std::move(entry));
  while (entries_.size() > max_length) entries_.pop_front();
}

std::vector<SlowLogEntry> SlowLog::newest(std::size_t count) const {
  const auto shown = static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
  return {entries_.rbegin(), entries_.rbegin() + shown};
}

}  // namespace slotway::server
