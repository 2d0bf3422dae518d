#include "command/error_texts.h"

#include <algorithm>
#include <string_view>

#include "command/ascii.h"

namespace slotway::command {

namespace {

constexpr std::size_t kMaxEchoBytes = 128;

/// At most so many bytes, and like C's "%.128s" nothing from a zero byte on.
std::string_view cut(std::string_view text, std::size_t most = kMaxEchoBytes) noexcept {
  return text.substr(0, std::min(most, text.find('\0')));
}

std::string without_line_ends(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return text;
}

std::string first_arguments(const resp::RequestView& request) {
  std::string quoted;
  for (std::size_t i = 1; i < request.size() && quoted.size() < kMaxEchoBytes; ++i) {
    const std::string_view argument = cut(request[i], kMaxEchoBytes - quoted.size());
    quoted.append("'").append(argument).append("' ");
  }
  return quoted;
}

}  // namespace

std::string display_name(const Command& command) {
  std::string name = upper_case(command.name);
  if (const std::size_t bar = name.find('|'); bar != std::string::npos) name[bar] = ' ';
  return name;
}

std::string unknown_command_error(const CommandTable& table, const resp::RequestView& request) {
  const Command* container = table.find(request[0]);
  std::string text = "ERR unknown ";
  if (container != nullptr && request.size() > 1) {
    text.append("subcommand '").append(cut(request[1])).append("'. Try ");
    text.append(upper_case(request[0])).append(" HELP.");
  } else {
    text.append("command '").append(cut(request[0])).append("', with args beginning with: ");
    text.append(first_arguments(request));
  }
  return without_line_ends(std::move(text));
}

std::string wrong_arity_error(const Command& command) {
  // Redis ends the transaction and says so (execCommandAbort in multi.c).
  if (command.name == "exec") {
    return "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
           "command";
  }
  return "ERR wrong number of arguments for '" + command.name + "' command";
}

std::string subcommand_syntax_error(const resp::RequestView& request) {
  std::string text = "ERR unknown subcommand or wrong number of arguments for '";
  text.append(cut(request[1])).append("'. Try ").append(upper_case(request[0])).append(" HELP.");
  return without_line_ends(std::move(text));
}

std::string refused_error(const Command& command) { return "ERR " + command.refusal; }

}  // namespace slotway::command
