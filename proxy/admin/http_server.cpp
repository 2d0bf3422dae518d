#include "admin/http_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <exception>
#include <system_error>
#include <utility>

namespace slotway::admin {
namespace {

// How long accepting rests when the process has no descriptor or no memory left for a connection.
constexpr std::chrono::milliseconds kAcceptPause{100};

// poll()'s timeout for a point in time, rounded up so that the loop does not spin just before it.
int timeout_until(HttpConnection::Clock::time_point deadline,
                  HttpConnection::Clock::time_point now) {
  if (deadline <= now) return 0;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(deadline - now).count());
}

// Threads started while one of these exists take no signals: those belong to the control loop's
// thread.
class BlockSignals {
 public:
  BlockSignals() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  BlockSignals(const BlockSignals&) = delete;
  BlockSignals& operator=(const BlockSignals&) = delete;
  ~BlockSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

std::expected<std::unique_ptr<HttpServer>, std::string> HttpServer::start(
    std::string_view address, std::vector<HttpRoute> routes, const HttpLimits& limits) {
  auto listener = open_http_listener(address);
  if (!listener) return std::unexpected(listener.error());
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return std::unexpected(explain_listen_failure(address, errno));

  std::unique_ptr<HttpServer> server(
      new HttpServer(std::move(*listener), std::move(wake), std::move(routes), limits));
  try {
    const BlockSignals in_new_thread;
    server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  } catch (const std::system_error& error) {
    return std::unexpected(explain_listen_failure(address, error.code().value()));
  }
  pthread_setname_np(server->thread_.native_handle(), "slotway-admin");
  return server;
}

HttpServer::HttpServer(HttpListener listener, FileDescriptor wake, std::vector<HttpRoute> routes,
                       const HttpLimits& limits)
    : listener_(std::move(listener)),
      wake_(std::move(wake)),
      routes_(std::move(routes)),
      limits_(limits),
      answer_([this](const HttpRequest& request) { return answer(request); }) {}

void HttpServer::stop() noexcept {
  if (!thread_.joinable()) return;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
  listener_.socket = FileDescriptor();  // so that clients are refused instead of left waiting
}

void HttpServer::run() {
  std::vector<pollfd> watched;
  while (true) {
    auto now = Clock::now();
    const bool accepting = now >= accept_again_;
    auto next_deadline = accepting ? Clock::time_point::max() : accept_again_;
    watched.assign(
        {{.fd = wake_.get(), .events = POLLIN, .revents = 0},
         {.fd = accepting ? listener_.socket.get() : -1, .events = POLLIN, .revents = 0}});
    for (const HttpConnection& connection : connections_) {
      watched.push_back(
          {.fd = connection.fd(), .events = connection.wanted_events(), .revents = 0});
      next_deadline = std::min(next_deadline, connection.deadline());
    }
    const bool waits_forever = next_deadline == Clock::time_point::max();
    ::poll(watched.data(), watched.size(), waits_forever ? -1 : timeout_until(next_deadline, now));
    if (watched[0].revents != 0) break;

    now = Clock::now();
    auto ready = watched.begin() + 2;
    for (HttpConnection& connection : connections_) {
      if ((ready++)->revents != 0) connection.on_ready(now);
    }
    for (HttpConnection& connection : connections_) {
      if (!connection.is_closed() && connection.deadline() <= now) connection.on_deadline(now);
    }
    std::erase_if(connections_, [](const HttpConnection& one) { return one.is_closed(); });
    if (watched[1].revents != 0) accept_connections(now);
  }
  connections_.clear();
}

void HttpServer::accept_connections(Clock::time_point now) {
  // At most as many as there are places in one turn, so that a flood does not keep the others
  // waiting.
  for (std::size_t accepted = 0; accepted < kMaxConnections; ++accepted) {
    FileDescriptor client(
        ::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        accept_again_ = now + kAcceptPause;
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      return;
    }
    if (connections_.size() >= kMaxConnections) {
      connections_.erase(std::ranges::min_element(connections_, {}, &HttpConnection::deadline));
    }
    // The request is often there already; answered at once, it is safe from being crowded out.
    connections_.emplace_back(std::move(client), limits_, answer_, now).on_ready(now);
  }
}

HttpResponse HttpServer::answer(const HttpRequest& request) const {
  const auto route = std::ranges::find(routes_, request.path, &HttpRoute::path);
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  if (!is_read) {
    return {.status = 405, .body = "Only GET and HEAD are served here.\n", .allow = "GET, HEAD"};
  }
  if (route == routes_.end()) {
    return {.status = 404, .body = "There is nothing here. This port serves:\n" + path_list()};
  }
  // A handler calls into the standard library and the server's code: what throws there must cost
  // this one response and not the process.
  try {
    return route->handler(request);
  } catch (const std::exception& error) {
    return {.status = 500, .body = fmt::format("This page failed: {}.\n", error.what())};
  }
}

std::string HttpServer::path_list() const {
  std::string list;
  for (const HttpRoute& route : routes_) {
    list += fmt::format("  {:<10} {}\n", route.path, route.summary);
  }
  return list;
}

}  // namespace slotway::admin
