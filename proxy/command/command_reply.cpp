#include "command/command_reply.h"

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "command/ascii.h"
#include "command/vocabulary.h"

namespace slotway::command {

namespace {

using resp::ReplyNode;

// Places of an entry's elements.
constexpr std::size_t kName = 0;
constexpr std::size_t kArity = 1;
constexpr std::size_t kFlags = 2;
constexpr std::size_t kFirstKey = 3;
constexpr std::size_t kLastKey = 4;
constexpr std::size_t kStep = 5;
constexpr std::size_t kTips = 7;
constexpr std::size_t kKeySpecs = 8;
constexpr std::size_t kSubcommands = 9;
constexpr std::size_t kSizeBefore7 = 6;
constexpr std::size_t kSizeSince7 = 10;

constexpr std::size_t kMaxNameBytes = 128;

/// Positions and steps are small; a server that says otherwise is not believed.
std::optional<int> small_integer(ReplyNode node) noexcept {
  constexpr std::int64_t kMost = 1 << 20;
  if (!node.is_integer() || node.integer() > kMost || node.integer() < -kMost) return std::nullopt;
  return static_cast<int>(node.integer());
}

/// Value of a key in a map that RESP2 sends as a flat array.
std::optional<ReplyNode> value_of(ReplyNode map, std::string_view key) noexcept {
  for (std::size_t i = 0; i + 1 < map.size(); i += 2) {
    if (map[i].text() == key) return map[i + 1];
  }
  return std::nullopt;
}

std::optional<int> integer_of(ReplyNode map, std::string_view key) noexcept {
  const auto value = value_of(map, key);
  return value ? small_integer(*value) : std::nullopt;
}

/// The parts of a key specification; nothing if malformed.
using Begin = std::optional<decltype(KeySpec::begin)>;
using Find = std::optional<decltype(KeySpec::find)>;

Begin parse_begin(std::string_view type, ReplyNode spec) {
  if (type == "unknown") return BeginUnknown{};
  if (type == "index") {
    const auto index = integer_of(spec, "index");
    if (index && *index > 0) return BeginIndex{*index};
  }
  if (type == "keyword") {
    const auto keyword = value_of(spec, "keyword");
    const auto start_from = integer_of(spec, "startfrom");
    if (keyword && start_from && *start_from != 0 && !keyword->text().empty()) {
      return BeginKeyword{std::string(keyword->text()), *start_from};
    }
  }
  return std::nullopt;
}

Find parse_find(std::string_view type, ReplyNode spec) {
  if (type == "unknown") return FindUnknown{};
  const auto step = integer_of(spec, "keystep");
  if (!step || *step < 1) return std::nullopt;
  if (type == "range") {
    const auto last_key = integer_of(spec, "lastkey");
    const auto limit = integer_of(spec, "limit");
    if (last_key && limit && *limit >= 0) return FindRange{*last_key, *step, *limit};
  }
  if (type == "keynum") {
    const auto keynum_index = integer_of(spec, "keynumidx");
    const auto first_key = integer_of(spec, "firstkey");
    if (keynum_index && first_key && *keynum_index >= 0 && *first_key >= 0) {
      return FindKeynum{*keynum_index, *first_key, *step};
    }
  }
  return std::nullopt;
}

/// Calls a parser with the "type" and the "spec" of one half of a key specification.
template <typename Parse>
auto parse_half(ReplyNode key_spec, std::string_view name, Parse parse)
    -> decltype(parse(std::string_view(), key_spec)) {
  const auto half = value_of(key_spec, name);
  if (!half) return std::nullopt;
  const auto type = value_of(*half, "type");
  const auto details = value_of(*half, "spec");
  if (!type || !details) return std::nullopt;
  return parse(type->text(), *details);
}

std::optional<KeySpec> parse_key_spec(ReplyNode node) {
  const auto begin = parse_half(node, "begin_search", parse_begin);
  const auto find = parse_half(node, "find_keys", parse_find);
  const auto flags = value_of(node, "flags");
  if (!begin || !find || !flags) return std::nullopt;
  KeySpec spec{.begin = *begin, .find = *find};
  for (std::size_t i = 0; i < flags->size(); ++i) add_key_flag(spec, (*flags)[i].text());
  return spec;
}

/// All of them or, if one is malformed, none.
std::vector<KeySpec> parse_key_specs(ReplyNode node) {
  std::vector<KeySpec> specs;
  for (std::size_t i = 0; i < node.size(); ++i) {
    auto spec = parse_key_spec(node[i]);
    if (!spec) return {};
    specs.push_back(std::move(*spec));
  }
  return specs;
}

/// What servers before Redis 7, and modules written for them, say of their keys.
std::vector<KeySpec> legacy_key_specs(const Command& command, int first, int last, int step) {
  if (first <= 0) {
    if (!command.has(Flag::movablekeys)) return {};
    return {KeySpec{.begin = BeginUnknown{}, .find = FindUnknown{}, .incomplete = true}};
  }
  return {KeySpec{.begin = BeginIndex{first},
                  .find = FindRange{last < 0 ? last : last - first, step < 1 ? 1 : step, 0},
                  .writes = command.has(Flag::write),
                  .incomplete = command.has(Flag::movablekeys)}};
}

/// Reads one entry; every complaint is about that entry.
class EntryReader {
 public:
  using Result = std::expected<AnnouncedCommand, std::string>;

  /// `container` is empty for a top-level command.
  [[nodiscard]] static Result read(ReplyNode entry, std::string_view container) {
    AnnouncedCommand announced;
    if (auto complaint = read_facts(entry, container, announced)) {
      return std::unexpected(std::move(*complaint));
    }
    if (entry.size() < kSizeSince7) return announced;
    read_details(entry, announced);
    if (!container.empty()) return announced;  // no server nests deeper
    const ReplyNode subcommands = entry[kSubcommands];
    for (std::size_t i = 0; i < subcommands.size(); ++i) {
      auto subcommand = read(subcommands[i], announced.facts.name);
      if (!subcommand) {
        return std::unexpected("subcommand " + std::to_string(i + 1) + ": " + subcommand.error());
      }
      announced.subcommands.push_back(std::move(*subcommand));
    }
    return announced;
  }

 private:
  using Complaint = std::optional<std::string>;

  static Complaint read_facts(ReplyNode entry, std::string_view container,
                              AnnouncedCommand& announced) {
    if (!entry.is_array()) return "it is no array";
    if (entry.size() < kSizeBefore7) {
      return "it has " + std::to_string(entry.size()) + " elements instead of 6 or more";
    }
    Command& facts = announced.facts;
    if (auto complaint = read_name(entry[kName], container, facts)) return complaint;
    const auto arity = small_integer(entry[kArity]);
    if (!arity || *arity == 0) return "its arity is no number other than 0";
    facts.arity = *arity;
    if (!entry[kFlags].is_array()) return "its flags are no array";
    for (std::size_t i = 0; i < entry[kFlags].size(); ++i) add_flag(facts, entry[kFlags][i].text());
    const auto first = small_integer(entry[kFirstKey]);
    const auto last = small_integer(entry[kLastKey]);
    const auto step = small_integer(entry[kStep]);
    if (!first || !last || !step) return "its first key, last key and step are not all numbers";
    facts.key_specs = legacy_key_specs(facts, *first, *last, *step);
    return std::nullopt;
  }

  static Complaint read_name(ReplyNode node, std::string_view container, Command& facts) {
    const std::string name = lower_case(node.text());
    if (!node.is_string() || name.empty()) return "it has no name";
    if (name.size() > kMaxNameBytes) return "its name is longer than any command's";
    const std::size_t bar = name.find('|');
    if (container.empty()) {
      if (bar != std::string::npos) return "its name is that of a subcommand";
      facts.name = name;
    } else if (bar == std::string::npos) {
      facts.name = std::string(container) + "|" + name;
    } else {
      if (name.substr(0, bar) != container)
        return "its name is that of another command's subcommand";
      facts.name = name;
    }
    return std::nullopt;
  }

  static void read_details(ReplyNode entry, AnnouncedCommand& announced) {
    announced.has_tips = true;
    const ReplyNode tips = entry[kTips];
    for (std::size_t i = 0; i < tips.size(); ++i) add_tip(announced.facts, tips[i].text());
    auto specs = parse_key_specs(entry[kKeySpecs]);
    announced.has_key_specs = !specs.empty();
    if (announced.has_key_specs) announced.facts.key_specs = std::move(specs);
  }
};

std::string entry_label(ReplyNode reply, std::size_t index) {
  std::string label = "entry " + std::to_string(index + 1) + " of COMMAND's reply";
  const ReplyNode entry = reply[index];
  if (entry.size() > 0 && !entry[kName].text().empty()) {
    label += " ('" + std::string(entry[kName].text().substr(0, kMaxNameBytes)) + "')";
  }
  return label;
}

}  // namespace

std::expected<std::vector<AnnouncedCommand>, std::string> parse_command_reply(ReplyNode reply) {
  if (reply.is_error()) return std::unexpected("COMMAND failed: " + std::string(reply.text()));
  if (!reply.is_array()) return std::unexpected(std::string("COMMAND's reply is no array"));
  std::vector<AnnouncedCommand> commands;
  commands.reserve(reply.size());
  for (std::size_t i = 0; i < reply.size(); ++i) {
    auto command = EntryReader::read(reply[i], {});
    if (!command) return std::unexpected(entry_label(reply, i) + ": " + command.error());
    commands.push_back(std::move(*command));
  }
  return commands;
}

}  // namespace slotway::command
