#include "cluster/redirect.h"

#include <charconv>
#include <utility>

namespace slotway::cluster {

std::optional<Redirection> parse_redirection(std::string_view error_text,
                                             std::string_view host_of_node_asked) {
  Redirection::Kind kind = Redirection::Kind::moved;
  std::string_view rest = error_text;
  if (rest.starts_with("MOVED ")) {
    rest.remove_prefix(6);
  } else if (rest.starts_with("ASK ")) {
    kind = Redirection::Kind::ask;
    rest.remove_prefix(4);
  } else {
    return std::nullopt;
  }

  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  const std::optional<Slot> slot = Slot::from_number(number);
  if (error != std::errc{} || !slot) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!rest.starts_with(' ')) return std::nullopt;

  auto target = parse_redirect_target(rest.substr(1), host_of_node_asked);
  if (!target) return std::nullopt;
  return Redirection{kind, *slot, std::move(*target)};
}

}  // namespace slotway::cluster
