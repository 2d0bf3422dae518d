#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace slotway::cluster {

/// Where a node listens: an IPv4 or IPv6 address or a host name, and a TCP port. Two endpoints are
/// equal if their texts are; names are not resolved here.
struct Endpoint {
  std::string host;  ///< IPv6 without brackets
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// The longest host name DNS allows (RFC 1035); longer ones are refused.
inline constexpr std::size_t kMaxHostBytes = 255;

/// "host:port"; an IPv6 address is put in brackets.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// True if the text can be a host: 1 to 255 printable bytes without spaces, brackets, '/', '@' or
/// '?'. It keeps a hostile reply from smuggling control bytes into logs and labels.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// A decimal TCP port from 1 to 65535.
[[nodiscard]] std::expected<std::uint16_t, std::string> parse_port(std::string_view text);

/// "host:port", "1.2.3.4:port" or "[v6]:port", as people write it (settings, command line). An IPv6
/// address needs its brackets. The error is a sentence without the place, for example
/// "'7001' has no port: expected HOST:PORT".
[[nodiscard]] std::expected<Endpoint, std::string> parse_endpoint(std::string_view text);

/// The target of a MOVED or ASK error, as a node writes it: the last colon divides host and port,
/// so that "::1:7001" is an IPv6 address, and an empty host means the host that was asked.
/// https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#moved-redirection
[[nodiscard]] std::expected<Endpoint, std::string> parse_redirect_target(
    std::string_view text, std::string_view host_of_node_asked);

}  // namespace slotway::cluster

template <>
struct std::hash<slotway::cluster::Endpoint> {
  [[nodiscard]] std::size_t operator()(const slotway::cluster::Endpoint& endpoint) const noexcept {
    return std::hash<std::string>{}(endpoint.host) ^
           (std::size_t{endpoint.port} * std::size_t{0x9e3779b97f4a7c15});
  }
};
