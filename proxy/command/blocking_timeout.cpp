#include "command/blocking_timeout.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "command/ascii.h"
#include "command/request_conditions.h"
#include "resp/encoder.h"

namespace slotway::command {

namespace {

using namespace std::chrono_literals;

/// https://redis.io/docs/latest/commands/?group=list, sorted-set, stream
enum class Place : std::uint8_t { first, fifth, last, block_option };
struct Row {
  std::string_view name;
  Place place;
};
constexpr std::array<Row, 11> kRows{{
    {"blpop", Place::last},
    {"brpop", Place::last},
    {"blmove", Place::last},
    {"brpoplpush", Place::last},
    {"bzpopmin", Place::last},
    {"bzpopmax", Place::last},
    {"blmovem", Place::fifth},
    {"blmpop", Place::first},
    {"bzmpop", Place::first},
    {"xread", Place::block_option},
    {"xreadgroup", Place::block_option},
}};

// Longer than any time a server takes; keeps the arithmetic of nanoseconds from overflowing.
constexpr double kLongestSeconds = 1e9;

}  // namespace

std::optional<BlockingTimeout> find_blocking_timeout(const Command& command,
                                                     const resp::RequestView& request) noexcept {
  const auto* row = std::ranges::find(kRows, command.name, &Row::name);
  if (row == kRows.end() || request.size() < 3) return std::nullopt;
  switch (row->place) {
    case Place::first:
      return BlockingTimeout{1, true};
    case Place::fifth:
      if (request.size() < 6) return std::nullopt;
      return BlockingTimeout{5, true};
    case Place::last:
      return BlockingTimeout{request.size() - 1, true};
    case Place::block_option:
      break;
  }
  const std::size_t option = find_block_option(request);
  if (option == 0 || option + 1 >= request.size()) return std::nullopt;
  return BlockingTimeout{option + 1, false};
}

std::optional<std::chrono::nanoseconds> blocking_time(const BlockingTimeout& timeout,
                                                      const resp::RequestView& request) noexcept {
  const std::string_view text = request[timeout.argument];
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || !(number > 0))
    return std::nullopt;
  const double seconds = std::min(timeout.in_seconds ? number : number / 1000, kLongestSeconds);
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

std::string blocking_time_text(const BlockingTimeout& timeout, std::chrono::nanoseconds time) {
  const auto milliseconds =
      std::max(std::chrono::ceil<std::chrono::milliseconds>(time), 1ms).count();
  std::string text = std::to_string(milliseconds);
  if (!timeout.in_seconds) return text;
  if (text.size() < 4) text.insert(0, 4 - text.size(), '0');
  text.insert(text.size() - 3, ".");
  return text;
}

std::vector<StreamEnd> find_stream_ends(const Command& command, const resp::RequestView& request) {
  if (command.name != "xread") return {};
  std::size_t first = 1;
  while (first < request.size() && !equal_ignoring_case(request[first], "streams")) ++first;
  ++first;
  if (first >= request.size()) return {};
  const std::size_t streams = (request.size() - first) / 2;
  std::vector<StreamEnd> ends;
  for (std::size_t key = first; key < first + streams; ++key) {
    if (request[key + streams] == "$") ends.push_back({key, key + streams});
  }
  return ends;
}

std::string with_replaced(const resp::RequestView& request,
                          const std::vector<Replacement>& replacements) {
  std::string changed;
  resp::append_array_header(changed, request.size());
  for (std::size_t i = 0; i < request.size(); ++i) {
    const auto replacement = std::ranges::find(replacements, i, &Replacement::argument);
    resp::append_bulk(changed, replacement == replacements.end()
                                   ? request[i]
                                   : std::string_view(replacement->text));
  }
  return changed;
}

}  // namespace slotway::command
