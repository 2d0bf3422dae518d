#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/scripted_transport.h"
#include "upstream/connection.h"

namespace slotway::test {

/// A Connector whose connections are made, answered and broken by a test.
class ScriptedConnector final : public upstream::Connector {
 public:
  struct Attempt {
    cluster::Endpoint endpoint;
    std::shared_ptr<ScriptedPeer> peer;
  };

  std::unique_ptr<net::Transport> connect(const cluster::Endpoint& endpoint,
                                          net::TransportHandler& handler) override {
    auto peer = std::make_shared<ScriptedPeer>();
    attempts_.push_back({endpoint, peer});
    auto transport = std::make_unique<ScriptedTransport>(peer, handler);
    if (fails_at_once_) peer->end(net::End::failed, "network is unreachable");
    return transport;
  }

  /// The next attempts fail inside of connect(), as connect(2) itself may.
  void fail_at_once(bool fails) noexcept { fails_at_once_ = fails; }

  [[nodiscard]] const std::vector<Attempt>& attempts() const noexcept { return attempts_; }
  [[nodiscard]] ScriptedPeer& last() { return *attempts_.back().peer; }

 private:
  std::vector<Attempt> attempts_;
  bool fails_at_once_ = false;
};

}  // namespace slotway::test
