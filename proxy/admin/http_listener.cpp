#include "admin/http_listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace slotway::admin {
namespace {

// Connections the kernel keeps until they are accepted; a scrape comes every few seconds.
constexpr int kBacklog = 64;

struct HostAndPort {
  std::string host;
  std::string port;
  bool is_bracketed;  // in [..], so an IPv6 address and no name
};

std::optional<HostAndPort> split_address(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  const bool is_bracketed = host.size() >= 2 && host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    return std::nullopt;  // an IPv6 address without brackets: its last group may be taken for a
                          // port
  }
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) {
    return std::nullopt;
  }
  return HostAndPort{std::string(host), std::string(port), is_bracketed};
}

// Error is an errno.
std::expected<FileDescriptor, int> listen_at(const addrinfo& candidate) {
  FileDescriptor listener(::socket(candidate.ai_family,
                                   candidate.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                   candidate.ai_protocol));
  if (!listener) return std::unexpected(errno);
  // Lets a restarted Slotway bind while connections of the old one linger in TIME_WAIT.
  const int on = 1;
  const int off = 0;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (candidate.ai_family == AF_INET6) {
    ::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (::bind(listener.get(), candidate.ai_addr, candidate.ai_addrlen) != 0 ||
      ::listen(listener.get(), kBacklog) != 0) {
    return std::unexpected(errno);
  }
  return listener;
}

std::string local_endpoint(int fd) {
  sockaddr_storage address{};
  socklen_t address_bytes = sizeof(address);
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::getsockname(fd, generic, &address_bytes) != 0 ||
      ::getnameinfo(generic, address_bytes, host.data(), host.size(), port.data(), port.size(),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return {};
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

struct Reason {
  int error_number;
  const char* text;
};

constexpr std::array kReasons{
    Reason{
        EADDRINUSE,
        "the port is already in use; stop the program that holds it or choose another port (port "
        "0 takes any free one)"},
    Reason{EACCES,
           "permission denied; choose a port of 1024 or more, or give the process "
           "CAP_NET_BIND_SERVICE"},
    Reason{EADDRNOTAVAIL,
           "no interface of this machine has that address; choose one that `ip address` shows, or "
           "0.0.0.0 or [::] for all of them"},
    Reason{EAFNOSUPPORT,
           "this machine does not speak that address family; choose an address of the other one"},
};

std::string reason_for(int error_number) {
  const auto* const known = std::ranges::find(kReasons, error_number, &Reason::error_number);
  if (known != kReasons.end()) return known->text;
  return fmt::format("{}; choose another address", std::generic_category().message(error_number));
}

}  // namespace

std::string explain_listen_failure(std::string_view address, int error_number) {
  return fmt::format("cannot serve admin requests on {}: {}.", address, reason_for(error_number));
}

std::expected<HttpListener, std::string> open_http_listener(std::string_view address) {
  const std::optional<HostAndPort> parts = split_address(address);
  if (!parts) {
    return std::unexpected(
        fmt::format("cannot serve admin requests on \"{}\": that is not ADDR:PORT; write it like "
                    "127.0.0.1:9380 or [::1]:9380, with a port from 0 to 65535.",
                    address));
  }
  addrinfo hints{};
  hints.ai_family = parts->is_bracketed ? AF_INET6 : AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV | (parts->is_bracketed ? AI_NUMERICHOST : 0);
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (failure != 0) {
    return std::unexpected(fmt::format(
        "cannot serve admin requests on {}: the host does not resolve ({}); write an IP address.",
        address, ::gai_strerror(failure)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> candidates(found, &::freeaddrinfo);
  int error_number = EADDRNOTAVAIL;
  for (const addrinfo* candidate = found; candidate != nullptr; candidate = candidate->ai_next) {
    auto socket = listen_at(*candidate);
    if (socket) {
      std::string endpoint = local_endpoint(socket->get());
      return HttpListener{.socket = std::move(*socket), .endpoint = std::move(endpoint)};
    }
    error_number = socket.error();
  }
  return std::unexpected(explain_listen_failure(address, error_number));
}

}  // namespace slotway::admin
