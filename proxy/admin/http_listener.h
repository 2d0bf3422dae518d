#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "admin/file_descriptor.h"

namespace slotway::admin {

/// A TCP socket that listens, non-blocking.
struct HttpListener {
  FileDescriptor socket;
  std::string endpoint;  ///< where it is bound: "127.0.0.1:9380" or "[::1]:9380", never port 0
};

/// Listens at "ADDR:PORT" or "[V6]:PORT"; ADDR may be a name such as localhost, port 0 takes any
/// free port, [::] takes IPv4 as well. May block to resolve a name, so it is for start-up alone.
/// The error is one sentence with the address, the reason and what to do.
[[nodiscard]] std::expected<HttpListener, std::string> open_http_listener(std::string_view address);

/// That sentence for an errno of socket(), bind() or listen().
[[nodiscard]] std::string explain_listen_failure(std::string_view address, int error_number);

}  // namespace slotway::admin
