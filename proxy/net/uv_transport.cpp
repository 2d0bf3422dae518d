#include "net/uv_transport.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <vector>

namespace slotway::net {

namespace {

// A write of more pieces than this writes the first of them; the caller comes again for the rest.
constexpr std::size_t kMaxPieces = 16;

std::size_t fill(std::array<iovec, kMaxPieces>& vectors, std::span<const std::string_view> pieces) {
  const std::size_t count = pieces.size() < kMaxPieces ? pieces.size() : kMaxPieces;
  for (std::size_t i = 0; i < count; ++i) {
    // The kernel only reads from what is written; its type has no const form.
    vectors[i] = {const_cast<char*>(pieces[i].data()), pieces[i].size()};
  }
  return count;
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, 64> name{};
  const auto* any = reinterpret_cast<const sockaddr*>(&address);
  if (any->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(any);
    uv_ip6_name(v6, name.data(), name.size());
    return "[" + std::string(name.data()) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  if (any->sa_family != AF_INET) return {};
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(any);
  uv_ip4_name(v4, name.data(), name.size());
  return std::string(name.data()) + ":" + std::to_string(ntohs(v4->sin_port));
}

}  // namespace

// A host name being resolved. It may outlive its transport: uv_getaddrinfo cannot always be
// cancelled.
struct UvTransport::Lookup {
  uv_getaddrinfo_t request{};
  UvTransport* transport = nullptr;  // null once the transport has been closed
};

struct UvTransport::PendingWrite {
  uv_write_t request{};
  std::vector<uv_buf_t> buffers;
};

UvTransport::UvTransport(Loop& loop, bool is_unix, const TcpOptions& options,
                         TransportHandler& handler)
    : handler_(handler), options_(options), is_unix_(is_unix) {
  if (is_unix_) {
    uv_pipe_init(loop.raw(), &handle_.pipe, 0);
  } else {
    uv_tcp_init(loop.raw(), &handle_.tcp);
  }
  stream()->data = this;
}

UvTransport::~UvTransport() { assert(state_ == State::closed); }

std::unique_ptr<UvTransport> UvTransport::adopt(Loop& loop, int fd, bool is_unix,
                                                const TcpOptions& options,
                                                TransportHandler& handler) {
  std::unique_ptr<UvTransport> transport(new UvTransport(loop, is_unix, options, handler));
  const int status = is_unix ? uv_pipe_open(&transport->handle_.pipe, fd)
                             : uv_tcp_open(&transport->handle_.tcp, fd);
  if (status != 0) {
    ::close(fd);  // start_reading finds nothing to read from and reports it
  } else {
    transport->apply_options();
  }
  return transport;
}

std::unique_ptr<UvTransport> UvTransport::connect(Loop& loop, const std::string& host,
                                                  std::uint16_t port, const TcpOptions& options,
                                                  TransportHandler& handler) {
  std::unique_ptr<UvTransport> transport(new UvTransport(loop, false, options, handler));
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (uv_ip4_addr(host.c_str(), port, &v4) == 0) {
    transport->connect_to(reinterpret_cast<const sockaddr*>(&v4));
    return transport;
  }
  if (uv_ip6_addr(host.c_str(), port, &v6) == 0) {
    transport->connect_to(reinterpret_cast<const sockaddr*>(&v6));
    return transport;
  }
  auto* lookup = new Lookup{.transport = transport.get()};
  lookup->request.data = lookup;
  transport->stream()->data = transport.get();
  transport->lookup_ = lookup;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_family = AF_UNSPEC;
  uv_getaddrinfo(
      loop.raw(), &lookup->request,
      [](uv_getaddrinfo_t* request, int status, addrinfo* found) {
        const std::unique_ptr<Lookup> owned(static_cast<Lookup*>(request->data));
        UvTransport* self = owned->transport;
        if (self != nullptr) {
          self->lookup_ = nullptr;
          if (status != 0) {
            self->fail(describe_error(status));
          } else {
            self->connect_to(found->ai_addr);
          }
        }
        uv_freeaddrinfo(found);
      },
      host.c_str(), std::to_string(port).c_str(), &hints);
  return transport;
}

void UvTransport::connect_to(const sockaddr* address) {
  auto* request = new uv_connect_t{};
  const int status =
      uv_tcp_connect(request, &handle_.tcp, address, [](uv_connect_t* done, int result) noexcept {
        auto* self = static_cast<UvTransport*>(done->handle->data);
        delete done;
        if (self->state_ != State::open) return;
        if (result != 0) {
          self->fail(describe_error(result));
          return;
        }
        self->apply_options();
        self->handler_.on_connected();
      });
  if (status != 0) {
    delete request;
    fail(describe_error(status));
  }
}

void UvTransport::apply_options() {
  uv_os_fd_t fd = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&handle_), &fd);
  fd_ = fd;
  if (is_unix_) return;
  uv_tcp_nodelay(&handle_.tcp, 1);
  if (options_.keepalive.count() > 0) {
    uv_tcp_keepalive(&handle_.tcp, 1, static_cast<unsigned>(options_.keepalive.count()));
  }
  if (options_.user_timeout.count() > 0) {
    const auto timeout = static_cast<unsigned>(options_.user_timeout.count());
    ::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
  }
}

void UvTransport::fail(const char* reason) {
  if (failed_ || state_ != State::open) return;
  failed_ = true;
  uv_read_stop(stream());
  handler_.on_end(End::failed, reason);
}

void UvTransport::start_reading() {
  if (state_ != State::open) return;
  const int status = uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) noexcept {
        auto* self = static_cast<UvTransport*>(handle->data);
        const std::span<char> room = self->handler_.read_room();
        *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
      },
      [](uv_stream_t* stream, ssize_t size, const uv_buf_t*) noexcept {
        auto* self = static_cast<UvTransport*>(stream->data);
        if (size > 0) {
          self->handler_.on_read(static_cast<std::size_t>(size));
        } else if (size == UV_ENOBUFS) {
          uv_read_stop(stream);  // the handler has no room now
        } else if (size == UV_EOF) {
          uv_read_stop(stream);
          self->handler_.on_end(End::by_peer, "closed by the other side");
        } else if (size < 0) {
          self->fail(describe_error(static_cast<int>(size)));
        }
      });
  if (status != 0 && status != UV_EALREADY) fail(describe_error(status));
}

void UvTransport::stop_reading() { uv_read_stop(stream()); }

// Straight to the socket: uv_try_write does the same with three more calls in between. libuv has
// nothing queued at this point, so the order of bytes is ours to keep.
std::size_t UvTransport::try_write(std::span<const std::string_view> pieces) {
  if (state_ != State::open || failed_) return 0;
  ssize_t written = 0;
  do {
    if (pieces.size() == 1) {
      written = ::send(fd_, pieces[0].data(), pieces[0].size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      std::array<iovec, kMaxPieces> vectors;
      msghdr message{};
      message.msg_iov = vectors.data();
      message.msg_iovlen = fill(vectors, pieces);
      written = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  } while (written < 0 && errno == EINTR);
  if (written >= 0) return static_cast<std::size_t>(written);
  if (errno != EAGAIN && errno != EWOULDBLOCK) fail(std::strerror(errno));
  return 0;
}

void UvTransport::write_later(std::span<const std::string_view> pieces) {
  if (state_ != State::open || failed_) return;
  auto* pending = new PendingWrite;
  for (const std::string_view piece : pieces) {
    pending->buffers.push_back(
        uv_buf_init(const_cast<char*>(piece.data()), static_cast<unsigned>(piece.size())));
  }
  pending->request.data = pending;
  const int status = uv_write(&pending->request, stream(), pending->buffers.data(),
                              static_cast<unsigned>(pending->buffers.size()),
                              [](uv_write_t* done, int result) noexcept {
                                auto* self = static_cast<UvTransport*>(done->handle->data);
                                delete static_cast<PendingWrite*>(done->data);
                                if (self->state_ != State::open) return;
                                if (result != 0) {
                                  self->fail(describe_error(result));
                                } else {
                                  self->handler_.on_write_drained();
                                }
                              });
  if (status != 0) {
    delete pending;
    fail(describe_error(status));
  }
}

void UvTransport::close() {
  if (state_ != State::open) return;
  state_ = State::closing;
  if (lookup_ != nullptr) {
    lookup_->transport = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), [](uv_handle_t* handle) noexcept {
    auto* self = static_cast<UvTransport*>(handle->data);
    self->state_ = State::closed;
    self->handler_.on_closed();  // may destroy self
  });
}

// A client's end of a unix socket has no name; what tells connections apart is the path they came
// to.
std::string UvTransport::unix_address() const {
  std::array<char, 128> path{};
  std::size_t size = path.size();
  if (uv_pipe_getsockname(&handle_.pipe, path.data(), &size) != 0) return {};
  return std::string(path.data(), size) + ":0";
}

int UvTransport::descriptor() const noexcept {
  uv_os_fd_t fd = -1;
  return uv_fileno(reinterpret_cast<const uv_handle_t*>(&handle_), &fd) == 0 ? fd : -1;
}

std::string UvTransport::peer_address() const {
  if (is_unix_) return unix_address();
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getpeername(&handle_.tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  return address_text(address);
}

std::string UvTransport::local_address() const {
  if (is_unix_) return unix_address();
  sockaddr_storage address{};
  int size = sizeof address;
  if (uv_tcp_getsockname(&handle_.tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return {};
  return address_text(address);
}

}  // namespace slotway::net
