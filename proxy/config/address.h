#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace slotway::config {

/// A host and a port. `host` has no brackets: the text "[::1]:6380" is {"::1", 6380}.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

/// The path of a unix socket; absolute and short enough for sockaddr_un.
struct UnixPath {
  std::string path;

  bool operator==(const UnixPath&) const = default;
};

/// Where clients connect: an IP address with a port (0 = any free port), or a unix socket.
using ListenAddress = std::variant<HostPort, UnixPath>;

/// Reads "ADDR:PORT" or "[V6]:PORT". ADDR must be an IP address, because a name can mean several
/// and a listener needs one. Port 0 is allowed.
[[nodiscard]] std::optional<HostPort> parse_bind_address(std::string_view text);

/// Reads parse_bind_address' forms and "unix:/absolute/path".
[[nodiscard]] std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// Reads "HOST:PORT", HOST being an IP address or a name to be resolved; the port is 1 to 65535.
[[nodiscard]] std::optional<HostPort> parse_remote_address(std::string_view text);

/// The text the parsers above read back as the same value.
[[nodiscard]] std::string to_string(const HostPort& address);
[[nodiscard]] std::string to_string(const ListenAddress& address);

}  // namespace slotway::config
