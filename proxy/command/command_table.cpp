#include "command/command_table.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <variant>

#include "command/ascii.h"
#include "command/command_facts.h"
#include "command/command_reply.h"
#include "command/overrides.h"
#include "command/reply_types.h"
#include "command/vocabulary.h"

namespace slotway::command {

namespace {

KeySpec key_spec_of(const KeySpecRow& row) {
  KeySpec spec{.begin = BeginUnknown{}, .find = FindUnknown{}};
  if (row.begin.kind == BeginRow::Kind::index) spec.begin = BeginIndex{row.begin.number};
  if (row.begin.kind == BeginRow::Kind::keyword) {
    spec.begin = BeginKeyword{std::string(row.begin.keyword), row.begin.number};
  }
  const FindRow& find = row.find;
  if (find.kind == FindRow::Kind::range) {
    spec.find = FindRange{find.first, find.second, find.third};
  }
  if (find.kind == FindRow::Kind::keynum) {
    spec.find = FindKeynum{find.first, find.second, find.third};
  }
  for_each_word(row.flags, [&](std::string_view word) { add_key_flag(spec, word); });
  return spec;
}

Command command_of(const CommandFacts& row) {
  Command command;
  command.name = row.name;
  command.arity = row.arity;
  for_each_word(row.flags, [&](std::string_view word) { add_flag(command, word); });
  for_each_word(row.tips, [&](std::string_view word) { add_tip(command, word); });
  for (const KeySpecRow& spec : row.key_specs) {
    if (spec.begin.kind == BeginRow::Kind::none) break;
    command.key_specs.push_back(key_spec_of(spec));
  }
  return command;
}

std::uint32_t single_key_of(const Command& command) noexcept {
  if (command.key_specs.size() != 1 || command.key_rule != KeyRule::specs) return 0;
  const KeySpec& spec = command.key_specs.front();
  const auto* begin = std::get_if<BeginIndex>(&spec.begin);
  const auto* find = std::get_if<FindRange>(&spec.find);
  if (begin == nullptr || find == nullptr || find->last_key != 0 || spec.incomplete) return 0;
  // The arity guarantees that the argument is there, so that nobody has to look again.
  const auto index = static_cast<std::uint32_t>(begin->position);
  const std::uint32_t fewest = static_cast<std::uint32_t>(std::abs(command.arity));
  return index < fewest ? index : 0;
}

KeyRule key_rule_of(const Command& command) noexcept {
  if (command.name == "sort") return KeyRule::sort;
  if (command.name == "migrate") return KeyRule::migrate;
  return KeyRule::specs;
}

/// Far more than any server has, far less than ids can name.
constexpr std::size_t kMaxCommands = 30000;

/// Commands under way from facts to a table: ids are given once and for all, names are looked up.
class Assembly {
 public:
  explicit Assembly(std::vector<Command> commands) : commands_(std::move(commands)) {
    for (const Command& command : commands_) ids_.emplace(command.name, command.id);
  }

  [[nodiscard]] Command& at(CommandId id) { return commands_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] bool full() const noexcept { return commands_.size() >= kMaxCommands; }
  [[nodiscard]] std::vector<Command> take() && { return std::move(commands_); }

  /// The command of that name; one without facts is appended if there is none.
  Command& find_or_append(const std::string& name) {
    const auto next = static_cast<CommandId>(commands_.size());
    const auto [found, is_new] = ids_.emplace(name, next);
    if (is_new) {
      commands_.emplace_back();
      commands_.back().id = next;
      commands_.back().name = name;
    }
    return at(found->second);
  }

  /// Makes a subcommand known to its container, which is found by what stands before the bar.
  void join_container(const std::string& name, CommandId id) {
    const std::size_t bar = name.find('|');
    if (bar == std::string::npos) return;
    std::vector<CommandId>& subcommands = find_or_append(name.substr(0, bar)).subcommands;
    if (std::ranges::find(subcommands, id) == subcommands.end()) subcommands.push_back(id);
  }

 private:
  std::vector<Command> commands_;
  std::unordered_map<std::string, CommandId> ids_;
};

void add_row(Assembly& assembly, const CommandFacts& row) {
  Command& command = assembly.find_or_append(std::string(row.name));
  const CommandId id = command.id;
  Command facts = command_of(row);
  facts.id = id;
  facts.subcommands = std::move(command.subcommands);
  command = std::move(facts);
  assembly.join_container(std::string(row.name), id);
}

/// Lays what a server announced over what is known. What it does not tell (older servers have no
/// key specifications, tips and subcommands) stays as it was.
void lay_over(Assembly& assembly, const AnnouncedCommand& announced) {
  if (assembly.full()) return;
  Command& command = assembly.find_or_append(announced.facts.name);
  const bool is_new = command.arity == 0;
  command.arity = announced.facts.arity;
  command.flags = announced.facts.flags;
  if (is_new || announced.has_tips) {
    command.request_policy = announced.facts.request_policy;
    command.response_policy = announced.facts.response_policy;
  }
  if (is_new || announced.has_key_specs) command.key_specs = announced.facts.key_specs;
  assembly.join_container(announced.facts.name, command.id);
  for (const AnnouncedCommand& subcommand : announced.subcommands) lay_over(assembly, subcommand);
}

}  // namespace

CommandTable::CommandTable(std::vector<Command> commands)
    : commands_([&] {
        for (Command& command : commands) {
          command.key_rule = key_rule_of(command);
          command.single_key = single_key_of(command);
          command.reply_types = reply_types_of(command.name);
          decide_route(command);
        }
        return std::move(commands);
      }()),
      index_(commands_) {}

std::shared_ptr<const CommandTable> CommandTable::built_in() {
  static const std::shared_ptr<const CommandTable> kTable = [] {
    Assembly assembly({});
    for (const CommandFacts& row : server_facts()) add_row(assembly, row);
    for (const CommandFacts& row : newer_facts()) add_row(assembly, row);
    return std::shared_ptr<const CommandTable>(new CommandTable(std::move(assembly).take()));
  }();
  return kTable;
}

std::expected<std::shared_ptr<const CommandTable>, std::string> CommandTable::overlaid(
    resp::ReplyNode command_reply) const {
  auto announced = parse_command_reply(command_reply);
  if (!announced) return std::unexpected(std::move(announced.error()));
  Assembly assembly(commands_);
  for (const AnnouncedCommand& command : *announced) lay_over(assembly, command);
  if (assembly.full()) return std::unexpected(std::string("COMMAND's reply has too many commands"));
  return std::shared_ptr<const CommandTable>(new CommandTable(std::move(assembly).take()));
}

const Command* CommandTable::find_subcommand(const Command& container,
                                             std::string_view name) const noexcept {
  for (const CommandId id : container.subcommands) {
    const std::string_view full_name = at(id).name;
    if (equal_ignoring_case(full_name.substr(container.name.size() + 1), name)) return &at(id);
  }
  return nullptr;
}

const Command* CommandTable::resolve_in(const Command& container,
                                        const resp::RequestView& request) const noexcept {
  if (request.size() == 1) return &container;  // its arity says what is missing
  if (const Command* command = find_subcommand(container, request[1])) return command;
  return container.route == Route::refused ? &container : nullptr;
}

}  // namespace slotway::command
