#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace slotway::net {

namespace {

using namespace std::chrono_literals;

constexpr int kBacklog = 1024;
constexpr auto kRest = 100ms;

// One turn accepts at most this many, so that a storm of connections does not hold up the loop.
constexpr int kAcceptsPerTurn = 128;

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool parse(const std::string& host, std::uint16_t port, TcpAddress& address) {
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof *v4;
    return true;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) != 1) return false;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons(port);
  address.size = sizeof *v6;
  return true;
}

std::string bound_address(int fd, const std::string& host) {
  TcpAddress address;
  address.size = sizeof address.storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size);
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    return "[" + host + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
  return host + ":" + std::to_string(ntohs(v4->sin_port));
}

std::string explain(const std::string& address, int error) {
  std::string text = "cannot listen on " + address + ": " + std::strerror(error);
  if (error == EADDRINUSE) {
    text += "; another program uses it: stop that program or choose another address";
  } else if (error == EACCES || error == EPERM) {
    text += "; choose a port above 1023 or a path this user may write to";
  } else if (error == EADDRNOTAVAIL) {
    text += "; this machine has no such address";
  }
  return text;
}

bool is_socket_file(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// True if somebody accepts connections on the socket file.
bool is_live(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool live = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return live;
}

}  // namespace

std::expected<std::unique_ptr<Listener>, std::string> Listener::listen_tcp(
    Loop& loop, const std::string& host, std::uint16_t port, OnAccept on_accept,
    OnExhausted on_exhausted) {
  const std::string wanted =
      (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
  TcpAddress address;
  if (!parse(host, port, address)) {
    return std::unexpected("cannot listen on " + wanted + ": it is no IP address");
  }
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(explain(wanted, errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) {
    // [::] means all IPv6 addresses and nothing else; 0.0.0.0 can then be listened on beside it.
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
      ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    ::close(fd);
    return std::unexpected(explain(wanted, error));
  }
  return std::unique_ptr<Listener>(new Listener(loop, fd, false, bound_address(fd, host),
                                                std::move(on_accept), std::move(on_exhausted)));
}

std::expected<std::unique_ptr<Listener>, std::string> Listener::listen_unix(
    Loop& loop, const std::string& path, OnAccept on_accept, OnExhausted on_exhausted) {
  const std::string wanted = "unix:" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected("cannot listen on " + wanted + ": the path is longer than " +
                           std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (is_live(address)) return std::unexpected(explain(wanted, EADDRINUSE));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::unexpected(explain(wanted, errno));
  if (is_socket_file(path)) ::unlink(path.c_str());
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, kBacklog) != 0) {
    const int error = errno;
    ::close(fd);
    return std::unexpected(explain(wanted, error));
  }
  return std::unique_ptr<Listener>(
      new Listener(loop, fd, true, wanted, std::move(on_accept), std::move(on_exhausted)));
}

Listener::Listener(Loop& loop, int fd, bool is_unix, std::string address, OnAccept on_accept,
                   OnExhausted on_exhausted)
    : fd_(fd),
      is_unix_(is_unix),
      address_(std::move(address)),
      on_accept_(std::move(on_accept)),
      on_exhausted_(std::move(on_exhausted)),
      rest_(loop, [this] { watch(); }) {
  uv_poll_init(loop.raw(), poll_.raw(), fd_);
  poll_.raw()->data = this;
  watch();
}

Listener::~Listener() {
  uv_poll_stop(poll_.raw());
  ::close(fd_);
  if (is_unix_) ::unlink(address_.substr(sizeof "unix:" - 1).c_str());
}

void Listener::watch() {
  uv_poll_start(poll_.raw(), UV_READABLE, [](uv_poll_t* handle, int, int) noexcept {
    static_cast<Listener*>(handle->data)->accept_waiting();
  });
}

void Listener::accept_waiting() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      on_accept_({fd, is_unix_});
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    on_exhausted_(std::strerror(errno));
    uv_poll_stop(poll_.raw());
    rest_.start_once(kRest);
    return;
  }
}

}  // namespace slotway::net
