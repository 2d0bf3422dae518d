#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admin/file_descriptor.h"
#include "admin/http_connection.h"
#include "admin/http_listener.h"
#include "admin/http_message.h"

namespace slotway::admin {

/// One path of the admin port. The handler runs on the admin thread, for GET and HEAD; while it
/// runs no other request is served, so it must not wait.
struct HttpRoute {
  std::string path;     ///< matched whole: "/metrics"
  std::string summary;  ///< what is there, in a few words, for the index
  std::function<HttpResponse(const HttpRequest&)> handler;
};

/// The HTTP/1 server of the admin port: one thread, one poll() loop, GET and HEAD, no keep-alive,
/// no request bodies. It serves scrapes, probes and a person's browser, not the public.
///
/// Made here instead of with Debian's civetweb, because that is built without IPv6 and gives each
/// connection a thread of a fixed few for as long as it likes to be slow: as many silent clients as
/// there are threads would make /healthz fail, and whoever watches it restart a healthy proxy.
///
/// Bounds: kMaxConnections at once, of which the one nearest its deadline gives way to a new one;
/// HttpLimits for each. When the process is out of descriptors, accepting pauses and goes on by
/// itself.
class HttpServer {
 public:
  static constexpr std::size_t kMaxConnections = 32;

  /// Listens at `address` (see open_http_listener) and starts the thread. Routes are fixed from
  /// then on. The error is one sentence that says the address, the reason and what to do.
  [[nodiscard]] static std::expected<std::unique_ptr<HttpServer>, std::string> start(
      std::string_view address, std::vector<HttpRoute> routes, const HttpLimits& limits = {});

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() { stop(); }

  /// Ends the thread and closes every connection; when it returns no handler runs any more. May be
  /// called again. Not from a handler.
  void stop() noexcept;

  /// Where it really listens: "127.0.0.1:9380", "[::1]:9380"; the port is never 0.
  [[nodiscard]] const std::string& bound_endpoint() const noexcept { return listener_.endpoint; }

 private:
  using Clock = HttpConnection::Clock;

  HttpServer(HttpListener listener, FileDescriptor wake, std::vector<HttpRoute> routes,
             const HttpLimits& limits);

  void run();
  void accept_connections(Clock::time_point now);
  [[nodiscard]] HttpResponse answer(const HttpRequest& request) const;
  [[nodiscard]] std::string path_list() const;

  HttpListener listener_;
  FileDescriptor wake_;  // an eventfd that stop() makes readable
  const std::vector<HttpRoute> routes_;
  const HttpLimits limits_;
  const HttpConnection::Answer answer_;

  // The admin thread's own:
  std::list<HttpConnection> connections_;  // a list: they are not movable by assignment
  Clock::time_point accept_again_;

  std::thread thread_;
};

}  // namespace slotway::admin
