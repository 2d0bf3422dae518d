#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/endpoint.h"
#include "net/transport.h"
#include "resp/reply_scanner.h"
#include "resp/reply_tree.h"
#include "upstream/connection.h"
#include "upstream/handshake.h"

namespace slotway::server {

/// Asks one node a few questions over a connection of its own, once: connect, handshake, requests,
/// replies, close. The control plane's way to learn the topology.
class NodeProbe final : public net::TransportHandler {
 public:
  /// The replies in the order of the requests, or why there are none.
  using Result = std::expected<std::vector<resp::ReplyTree>, std::string>;
  using Done = std::function<void(NodeProbe& probe, Result result)>;

  /// `done` is called once. `requests` are formatted commands.
  NodeProbe(cluster::Endpoint endpoint, const upstream::Credentials& credentials,
            const std::vector<std::string>& requests, upstream::Connector& connector, Done done);
  ~NodeProbe();
  NodeProbe(const NodeProbe&) = delete;
  NodeProbe& operator=(const NodeProbe&) = delete;

  void start();
  /// Gives up waiting; done gets this reason if it has not been called.
  void cancel(std::string_view reason);

  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept { return endpoint_; }
  /// True once the probe may be destroyed.
  [[nodiscard]] bool gone() const noexcept { return transport_ == nullptr; }

  void on_connected() override;
  std::span<char> read_room() override { return read_buffer_; }
  void on_read(std::size_t size) override;
  void on_write_drained() override {}
  void on_end(net::End, std::string_view reason) override { cancel(reason); }
  void on_closed() override { transport_.reset(); }

 private:
  /// A topology reply may not be larger: a cluster of 1,000 shards sends about 1 MB.
  static constexpr std::size_t kMaxReplyBytes = std::size_t{8} << 20;

  void send(std::string_view bytes);
  void read_handshake(std::string_view bytes);
  void read_replies(std::string_view bytes);
  void finish(Result result);

  const cluster::Endpoint endpoint_;
  upstream::Handshake handshake_;
  std::string requests_;
  std::size_t replies_owed_;
  upstream::Connector& connector_;
  Done done_;
  std::unique_ptr<net::Transport> transport_;
  std::vector<char> read_buffer_;
  std::string arrived_;
  resp::ReplyScanner scanner_;
  std::vector<resp::ReplyTree> replies_;
  bool finished_ = false;
};

}  // namespace slotway::server
