#include "cluster/endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "cluster/quoted.h"

namespace slotway::cluster {
namespace {

/// Endpoint of a host and a port that have been told apart already.
std::expected<Endpoint, std::string> make_endpoint(std::string_view host, std::string_view port) {
  if (!is_host(host)) return std::unexpected(fmt::format("{} is no host name", quoted(host)));
  auto number = parse_port(port);
  if (!number) return std::unexpected(std::move(number.error()));
  return Endpoint{std::string(host), *number};
}

consteval std::array<bool, 256> make_host_bytes() {
  constexpr std::string_view kRefused = "\"'/?@[\\]`{}";
  std::array<bool, 256> allowed{};
  for (char byte = '!'; byte <= '~'; ++byte) {
    allowed[static_cast<unsigned char>(byte)] = !kRefused.contains(byte);
  }
  return allowed;
}

/// Which bytes may stand in a host: a table, since every redirection is checked with it.
constexpr std::array<bool, 256> kHostBytes = make_host_bytes();

}  // namespace

std::string to_string(const Endpoint& endpoint) {
  const bool needs_brackets = endpoint.host.contains(':');
  return needs_brackets ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
                        : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

bool is_host(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxHostBytes && std::ranges::all_of(text, [](char byte) {
    return kHostBytes[static_cast<unsigned char>(byte)];
  });
}

std::expected<std::uint16_t, std::string> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return std::unexpected(fmt::format("{} is no port from 1 to 65535", quoted(text)));
  }
  return port;
}

std::expected<Endpoint, std::string> parse_endpoint(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) {
      return std::unexpected(fmt::format("{} has no port: expected [IPV6]:PORT", quoted(text)));
    }
    const std::string_view host = text.substr(1, close - 1);
    if (!host.contains(':')) {
      return std::unexpected(fmt::format("{} is no IPv6 address", quoted(host)));
    }
    return make_endpoint(host, text.substr(close + 2));
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return std::unexpected(fmt::format("{} has no port: expected HOST:PORT", quoted(text)));
  }
  if (colon != text.rfind(':')) {
    return std::unexpected(fmt::format(
        "{} needs brackets around its IPv6 address: expected [IPV6]:PORT", quoted(text)));
  }
  return make_endpoint(text.substr(0, colon), text.substr(colon + 1));
}

std::expected<Endpoint, std::string> parse_redirect_target(std::string_view text,
                                                           std::string_view host_of_node_asked) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::unexpected(fmt::format("{} has no port", quoted(text)));
  }
  const std::string_view host = colon == 0 ? host_of_node_asked : text.substr(0, colon);
  return make_endpoint(host, text.substr(colon + 1));
}

}  // namespace slotway::cluster
