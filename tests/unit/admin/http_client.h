#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "admin/file_descriptor.h"

namespace slotway::admin {

/// A plain blocking TCP client for tests; `endpoint` is what HttpServer::bound_endpoint() says.
class HttpClient {
 public:
  /// A small receive buffer makes a slow reader out of a client that does not read. 0: the
  /// system's.
  explicit HttpClient(const std::string& endpoint, int receive_buffer_bytes = 0);

  [[nodiscard]] bool is_connected() const { return static_cast<bool>(socket_); }
  /// False once the server has closed the connection.
  bool send(std::string_view bytes);
  /// Everything until the server closes, or until nothing came for the given time; was_closed()
  /// tells.
  std::string receive_all(std::chrono::milliseconds patience = std::chrono::seconds(10));
  [[nodiscard]] bool was_closed() const { return was_closed_; }
  /// Closed by a reset, which on a real network may cost the client the response before it.
  [[nodiscard]] bool was_reset() const { return was_reset_; }

 private:
  FileDescriptor socket_;
  bool was_closed_ = false;
  bool was_reset_ = false;
};

struct HttpReply {
  int status = 0;
  std::string head;  ///< status line and header
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const;  ///< its value, or empty
};

[[nodiscard]] HttpReply parse_reply(const std::string& bytes);

/// One request on a connection of its own.
[[nodiscard]] HttpReply ask(const std::string& endpoint, const std::string& path,
                            const std::string& method = "GET");

}  // namespace slotway::admin
