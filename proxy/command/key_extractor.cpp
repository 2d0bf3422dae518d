#include "command/key_extractor.h"

#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>

#include "command/ascii.h"

namespace slotway::command {

namespace {

using Positions = std::vector<std::uint32_t>;

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

/// A number as Redis reads it: no sign, no leading zeros, no spaces.
std::optional<std::int64_t> parse_count(std::string_view text) noexcept {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  if (text.front() < '0' || text.front() > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is(const resp::RequestView& request, std::int64_t index, std::string_view word) noexcept {
  return equal_ignoring_case(request[static_cast<std::size_t>(index)], word);
}

/// Index behind a keyword; 0 if it does not occur. From a negative start the search runs backwards,
/// and like Redis' own it never looks at argument 1.
std::int64_t behind_keyword(const BeginKeyword& begin, const resp::RequestView& request) noexcept {
  const auto size = static_cast<std::int64_t>(request.size());
  if (begin.start_from > 0) {
    for (std::int64_t i = begin.start_from; i < size - 1; ++i) {
      if (is(request, i, begin.keyword)) return i + 1;
    }
  } else {
    for (std::int64_t i = size + begin.start_from; i > 1; --i) {
      if (i < size && is(request, i, begin.keyword)) return i + 1;
    }
  }
  return 0;
}

struct KeyRange {
  std::int64_t first;
  std::int64_t last;
  std::int64_t step;
};

KeyRange by_range(const FindRange& find, std::int64_t first, std::int64_t size) noexcept {
  if (find.last_key >= 0) return {first, first + find.last_key, find.step};
  if (find.limit <= 1) return {first, size + find.last_key, find.step};
  return {first, first + (size - first) / find.limit + find.last_key, find.step};
}

/// What one key specification adds to the positions. `no_keys`: nothing, and that is no fault.
class SpecReader {
 public:
  SpecReader(const Command& command, const resp::RequestView& request, Positions& positions)
      : command_(command), request_(request), positions_(positions) {}

  KeyResult read(const KeySpec& spec) {
    return std::visit(Overloaded{
                          [&](const BeginIndex& begin) { return read_from(begin.position, spec); },
                          [&](const BeginKeyword& begin) {
                            const std::int64_t first = behind_keyword(begin, request_);
                            return first == 0 ? KeyResult::no_keys : read_from(first, spec);
                          },
                          [](const BeginUnknown&) { return KeyResult::unknown; },
                      },
                      spec.begin);
  }

 private:
  [[nodiscard]] std::int64_t size() const noexcept {
    return static_cast<std::int64_t>(request_.size());
  }

  KeyResult read_from(std::int64_t first, const KeySpec& spec) {
    return std::visit(Overloaded{
                          [&](const FindRange& find) {
                            // "All the rest", and there is none: PFMERGE with nothing to merge.
                            if (find.last_key < 0 && first == size()) return KeyResult::no_keys;
                            return add(by_range(find, first, size()));
                          },
                          [&](const FindKeynum& find) { return read_counted(find, first); },
                          [](const FindUnknown&) { return KeyResult::unknown; },
                      },
                      spec.find);
  }

  KeyResult read_counted(const FindKeynum& find, std::int64_t first) {
    const std::int64_t count_index = first + find.keynum_index;
    if (count_index >= size()) return KeyResult::invalid_arguments;
    const auto count = parse_count(request_[static_cast<std::size_t>(count_index)]);
    if (!count) return KeyResult::invalid_numkeys;
    if (*count == 0) {
      return command_.has(Flag::no_mandatory_keys) ? KeyResult::no_keys
                                                   : KeyResult::invalid_numkeys;
    }
    // Checked before it is multiplied: the client chose it.
    if (*count > size()) return KeyResult::invalid_arguments;
    first += find.first_key;
    return add({first, first + (*count - 1) * find.step, find.step});
  }

  KeyResult add(KeyRange range) {
    // A first key of 0 would be the command's name, which no server announces but a broken one
    // might.
    if (range.first < 1 || range.step < 1 || range.last >= size() || range.last < range.first) {
      return KeyResult::invalid_arguments;
    }
    for (std::int64_t i = range.first; i <= range.last; i += range.step) {
      positions_.push_back(static_cast<std::uint32_t>(i));
    }
    return KeyResult::found;
  }

  const Command& command_;
  const resp::RequestView& request_;
  Positions& positions_;
};

KeyResult extract_by_specs(const Command& command, const resp::RequestView& request,
                           Positions& positions) {
  SpecReader reader(command, request, positions);
  bool has_unknown = false;
  for (const KeySpec& spec : command.key_specs) {
    switch (const KeyResult result = reader.read(spec)) {
      case KeyResult::found:
      case KeyResult::no_keys:
        break;
      case KeyResult::unknown:
        has_unknown = true;
        break;
      case KeyResult::invalid_numkeys:
      case KeyResult::invalid_arguments:
        positions.clear();
        return result;
    }
  }
  // Keys that are known are enough to find the shard, even if more may exist.
  if (!positions.empty()) return KeyResult::found;
  return has_unknown ? KeyResult::unknown : KeyResult::no_keys;
}

/// Calls `take` with each option word of SORT and the index of its first argument. LIMIT has two
/// arguments, BY and GET one; words that are no option are passed over one by one, as the server
/// does.
template <typename Take>
void for_each_sort_option(const resp::RequestView& request, Take take) {
  struct Option {
    std::string_view name;
    std::size_t arguments;
  };
  static constexpr Option kOptions[] = {{"limit", 2}, {"get", 1}, {"by", 1}, {"store", 0}};
  for (std::size_t i = 2; i < request.size(); ++i) {
    for (const Option& option : kOptions) {
      if (!equal_ignoring_case(request[i], option.name)) continue;
      take(option.name, i + 1);
      i += option.arguments;
      break;
    }
  }
}

KeyResult extract_sort(const resp::RequestView& request, Positions& positions) {
  if (request.size() < 2) return KeyResult::invalid_arguments;
  std::size_t destination = 0;
  for_each_sort_option(request, [&](std::string_view option, std::size_t argument) {
    // Of several the last one counts, for the server as well.
    if (option == "store" && argument < request.size()) destination = argument;
  });
  positions.push_back(1);
  if (destination != 0) positions.push_back(static_cast<std::uint32_t>(destination));
  return KeyResult::found;
}

/// MIGRATE host port key db timeout, or with "" for the key and KEYS key [key ...] at the end. A
/// password after AUTH may well be the word "keys", so options are passed over with their
/// arguments.
KeyResult extract_migrate(const resp::RequestView& request, Positions& positions) {
  if (request.size() < 4) return KeyResult::invalid_arguments;
  std::size_t first = 3;
  std::size_t last = 3;
  for (std::size_t i = 6; request[3].empty() && i < request.size(); ++i) {
    if (equal_ignoring_case(request[i], "keys")) {
      first = i + 1;
      last = request.size() - 1;
      break;
    }
    if (equal_ignoring_case(request[i], "auth")) {
      i += 1;
    } else if (equal_ignoring_case(request[i], "auth2")) {
      i += 2;
    }
  }
  if (first > last) return KeyResult::invalid_arguments;
  for (std::size_t i = first; i <= last; ++i) positions.push_back(static_cast<std::uint32_t>(i));
  return KeyResult::found;
}

}  // namespace

KeyResult extract_keys(const Command& command, const resp::RequestView& request,
                       std::vector<std::uint32_t>& positions) {
  positions.clear();
  switch (command.key_rule) {
    case KeyRule::sort:
      return extract_sort(request, positions);
    case KeyRule::migrate:
      return extract_migrate(request, positions);
    case KeyRule::specs:
      break;
  }
  return extract_by_specs(command, request, positions);
}

void find_sort_patterns(const resp::RequestView& request, std::vector<std::uint32_t>& positions) {
  positions.clear();
  for_each_sort_option(request, [&](std::string_view option, std::size_t argument) {
    if (argument >= request.size()) return;
    const std::string_view pattern = request[argument];
    // Without a "*" to put the element in, BY means "do not sort"; GET "#" is the element itself.
    const bool by = option == "by" && pattern.find('*') != std::string_view::npos;
    const bool get = option == "get" && pattern != "#";
    if (by || get) positions.push_back(static_cast<std::uint32_t>(argument));
  });
}

}  // namespace slotway::command
