#include "server/monitor_line.h"

#include <fmt/format.h>

#include <iterator>

#include "server/secret_arguments.h"

namespace slotway::server {

namespace {

// As sdscatrepr() of Redis: printable ASCII as it is, the rest escaped.
void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out.push_back('\\');
        out.push_back(c);
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\a':
        out.append("\\a");
        break;
      case '\b':
        out.append("\\b");
        break;
      default:
        if (c >= ' ' && c <= '~') {
          out.push_back(c);
        } else {
          fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  out.push_back('"');
}

}  // namespace

bool is_shown_to_monitors(const command::Command& command) noexcept {
  using command::Flag;
  if (command.has(Flag::admin)) return false;
  if (!command.has(Flag::skip_monitor)) return true;
  return command.name.starts_with("eval") || command.name.starts_with("fcall");
}

void append_monitor_line(std::string& out, std::chrono::system_clock::time_point time,
                         std::string_view address, const command::Command& command,
                         const resp::RequestView& request) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  fmt::format_to(std::back_inserter(out), "+{}.{:06} [0 {}]", since_epoch / 1'000'000,
                 since_epoch % 1'000'000, address);
  SecretArguments secrets(command);
  std::size_t shown = 0;
  for (std::size_t i = 0; i < request.size(); ++i) {
    const std::string_view argument = request[i];
    out.push_back(' ');
    if (secrets.is_secret(argument)) {
      append_quoted(out, kRedacted);
      continue;
    }
    shown += argument.size();
    if (shown > kMostShownBytes) {
      fmt::format_to(std::back_inserter(out), "\"({} bytes)\"", argument.size());
    } else {
      append_quoted(out, argument);
    }
  }
  out.append("\r\n");
}

}  // namespace slotway::server
