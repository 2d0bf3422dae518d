#include "config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace slotway::config {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::size_t kMaxUnixPath =
    sizeof(sockaddr_un::sun_path) - 1;     // and the closing zero byte
constexpr std::size_t kMaxHostName = 253;  // RFC 1035

bool is_address_of(int family, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(family, host.c_str(), binary.data()) == 1;
}

/// DNS names, and the underscore that container networks put into theirs. Digits and dots alone are
/// a mistyped IPv4 address, never a name.
bool is_host_name(std::string_view host) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto allowed = [&](char c) {
    return letter(c) || digit(c) || c == '-' || c == '.' || c == '_';
  };
  return !host.empty() && host.size() <= kMaxHostName && host.front() != '.' &&
         host.front() != '-' && host.find("..") == std::string_view::npos &&
         std::ranges::all_of(host, allowed) &&
         !std::ranges::all_of(host, [&](char c) { return digit(c) || c == '.'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return port;
}

struct SplitAddress {
  HostPort address;
  bool bracketed = false;
};

/// Takes "host:port" and "[host]:port" apart without judging the host.
std::optional<SplitAddress> split_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  return SplitAddress{HostPort{std::string(host), *port}, bracketed};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::optional<HostPort> parse_bind_address(std::string_view text) {
  auto split = split_address(text);
  if (!split) return std::nullopt;
  if (!is_address_of(split->bracketed ? AF_INET6 : AF_INET, split->address.host)) {
    return std::nullopt;
  }
  return std::move(split->address);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    if (!path.starts_with('/') || path.size() > kMaxUnixPath) return std::nullopt;
    if (path.ends_with('/') || std::ranges::any_of(path, is_control)) return std::nullopt;
    return UnixPath{std::string(path)};
  }
  return parse_bind_address(text);
}

std::optional<HostPort> parse_remote_address(std::string_view text) {
  auto split = split_address(text);
  if (!split || split->address.port == 0) return std::nullopt;
  const std::string& host = split->address.host;
  const bool valid = split->bracketed ? is_address_of(AF_INET6, host)
                                      : is_address_of(AF_INET, host) || is_host_name(host);
  if (!valid) return std::nullopt;
  return std::move(split->address);
}

std::string to_string(const HostPort& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
                 : fmt::format("{}:{}", address.host, address.port);
}

std::string to_string(const ListenAddress& address) {
  if (const auto* path = std::get_if<UnixPath>(&address)) {
    return fmt::format("{}{}", kUnixPrefix, path->path);
  }
  return to_string(std::get<HostPort>(address));
}

}  // namespace slotway::config
