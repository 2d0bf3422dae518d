#include "unit/admin/http_client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

namespace slotway::admin {

HttpClient::HttpClient(const std::string& endpoint, int receive_buffer_bytes) {
  const std::size_t colon = endpoint.rfind(':');
  std::string host = endpoint.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* address = nullptr;
  if (::getaddrinfo(host.c_str(), endpoint.substr(colon + 1).c_str(), &hints, &address) != 0)
    return;
  FileDescriptor socket(::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof(receive_buffer_bytes));
  }
  if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) == 0) {
    socket_ = std::move(socket);
  }
  ::freeaddrinfo(address);
}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string HttpClient::receive_all(std::chrono::milliseconds patience) {
  std::string received;
  std::array<char, 65536> buffer;
  pollfd watched{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  while (::poll(&watched, 1, static_cast<int>(patience.count())) > 0) {
    const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      was_closed_ = true;
      was_reset_ = size < 0;
      break;
    }
    received.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return received;
}

std::string HttpReply::header(std::string_view name) const {
  const std::string key = "\r\n" + std::string(name) + ": ";
  const std::size_t start = head.find(key);
  if (start == std::string::npos) return {};
  return head.substr(start + key.size(), head.find("\r\n", start + 2) - start - key.size());
}

HttpReply parse_reply(const std::string& bytes) {
  HttpReply reply;
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos || !bytes.starts_with("HTTP/1.1 ")) return reply;
  reply.status = std::stoi(bytes.substr(9));
  reply.head = bytes.substr(0, end + 2);
  reply.body = bytes.substr(end + 4);
  return reply;
}

HttpReply ask(const std::string& endpoint, const std::string& path, const std::string& method) {
  HttpClient client(endpoint);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: " + endpoint + "\r\n\r\n");
  return parse_reply(client.receive_all());
}

}  // namespace slotway::admin
