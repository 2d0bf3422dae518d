#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "cluster/endpoint.h"
#include "net/transport.h"
#include "stats/worker_stats.h"
#include "upstream/handshake.h"
#include "upstream/pipeline.h"

namespace slotway::upstream {

/// What every connection of a worker to the cluster is configured with.
struct ConnectionOptions {
  Credentials credentials;
  std::chrono::nanoseconds connect_timeout{};  ///< to be connected and through the handshake
  std::chrono::nanoseconds
      backoff_min{};  ///< pause before a new attempt; doubles up to the maximum
  std::chrono::nanoseconds backoff_max{};
  std::chrono::nanoseconds idle_check{};   ///< a connection idle this long is probed with PING
  std::chrono::nanoseconds stuck_after{};  ///< nothing received for this long with requests waiting
  std::size_t queue_bytes = 0;  ///< unanswered requests kept; beyond it none are accepted
};

class Connection;

/// Opens transports; replaced by scripted ones in tests.
class Connector {
 public:
  virtual std::unique_ptr<net::Transport> connect(const cluster::Endpoint& endpoint,
                                                  net::TransportHandler& handler) = 0;

 protected:
  ~Connector() = default;
};

/// The owner of connections: the worker's dispatcher.
class ConnectionObserver {
 public:
  /// False: this cannot be the reply to that request; the connection is then ended.
  [[nodiscard]] virtual bool on_reply(Connection& connection, const InFlight& entry,
                                      std::string_view request, const resp::ReplyFrame& reply) = 0;

  /// One of the replies before the last to a request that has several. False as above.
  [[nodiscard]] virtual bool on_early_reply(Connection&, const InFlight&, std::string_view) {
    return false;
  }

  /// A request that will get no reply because its connection ended. `may_have_run` is false if the
  /// node certainly did not get all of it. The connection accepts nothing during the call.
  virtual void on_unanswered(Connection& connection, const InFlight& entry,
                             std::string_view request, bool may_have_run) = 0;

  /// A RESP3 push; false if the connection must not carry any.
  virtual bool on_push(Connection& connection, std::string_view frame) = 0;
  /// True if a push is the reply to the oldest request; it then comes as on_reply.
  [[nodiscard]] virtual bool is_reply(Connection&, const InFlight&, std::string_view) {
    return false;
  }

  virtual void on_ready(Connection& connection) = 0;

  /// The connection ended or could not be made; it tries again by itself after a pause.
  virtual void on_down(Connection& connection, std::string_view reason) = 0;

  /// The connection has output: flush it at the end of the turn. Called once per turn at most.
  virtual void wants_flush(Connection& connection) = 0;

 protected:
  ~ConnectionObserver() = default;
};

/// One pipelined connection to a node, shared by all clients of a worker.
///
/// It connects when the first request comes and keeps itself connected from then on, with growing,
/// jittered pauses between failed attempts. Requests may be sent while it connects; they travel
/// after the handshake. Any doubt about the pairing of replies ends the connection: everything that
/// waits on it is reported once by on_unanswered and nothing received later can reach anybody.
class Connection final : public net::TransportHandler, private ReplySink {
 public:
  enum class State : std::uint8_t {
    idle,  ///< not needed so far
    connecting,
    handshaking,
    ready,
    closing,  ///< ended; its transport is on its way out
    pausing,  ///< waits before the next attempt
  };

  Connection(cluster::Endpoint endpoint, const ConnectionOptions& options, int protocol,
             std::span<char> read_buffer, Connector& connector, ConnectionObserver& observer,
             stats::NodeStats& stats);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const cluster::Endpoint& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return pipeline_.queue().size(); }
  [[nodiscard]] int protocol() const noexcept { return protocol_; }

  /// Why the last attempt failed or the last connection ended.
  [[nodiscard]] const std::string& last_error() const noexcept { return last_error_; }

  /// True if a request may be sent now. False while the node cannot be reached or its queue is
  /// full.
  [[nodiscard]] bool accepts() const noexcept {
    return state_ <= State::ready && pipeline_.output().retained_bytes() < options_.queue_bytes;
  }

  /// Appends a request and returns room for its entry.size bytes, to be filled at once.
  /// REQUIRES: accepts().
  [[nodiscard]] char* send(const InFlight& entry) {
    if (!dirty_) request_flush();
    stats_.requests.add();
    return pipeline_.append(entry);
  }

  /// Names all requests sent so far, for has_settled.
  [[nodiscard]] std::uint64_t position() const noexcept { return pipeline_.output().end(); }
  /// True once every request sent before a position has been answered or given up.
  [[nodiscard]] bool has_settled(std::uint64_t position) const noexcept {
    return pipeline_.output().is_past(position);
  }

  /// For a RESP2 connection that is to subscribe: the arrays it gets are pushes. To be called
  /// before use.
  void take_arrays_as_pushes() noexcept { pipeline_.take_arrays_as_pushes(); }

  /// Writes what has gathered. Called at the end of the turn after wants_flush.
  void flush();

  /// Looks at the clocks: time-outs, pauses, probes. Called about every 100 ms.
  void tick(std::uint64_t now_ns);

  /// Ends the connection for good; unanswered requests are reported as on_unanswered.
  void shut_down(std::string_view reason);
  /// True once nothing of the connection is left in the loop, so that it may be destroyed.
  [[nodiscard]] bool gone() const noexcept { return transport_ == nullptr; }

  void on_connected() override;
  std::span<char> read_room() override;
  void on_read(std::size_t size) override;
  void on_write_drained() override;
  void on_end(net::End end, std::string_view reason) override;
  void on_closed() override;

 private:
  bool on_reply(const InFlight& entry, std::string_view request,
                const resp::ReplyFrame& reply) override;
  bool on_early_reply(const InFlight& entry, std::string_view frame) override;
  bool on_push(std::string_view frame) override;
  bool is_reply(const InFlight& oldest, std::string_view frame) override;

  void request_flush();
  void connect(std::uint64_t now_ns);
  void send_handshake();
  void become_ready();
  void write_rest();
  void probe(std::uint64_t now_ns);
  void fail(std::string_view reason);
  void transition(State next) noexcept;
  [[nodiscard]] std::chrono::nanoseconds next_pause();

  const cluster::Endpoint endpoint_;
  const ConnectionOptions& options_;
  const int protocol_;
  std::span<char> read_buffer_;
  Connector& connector_;
  ConnectionObserver& observer_;
  stats::NodeStats& stats_;

  Pipeline pipeline_;
  std::unique_ptr<net::Transport> transport_;
  std::optional<Handshake> handshake_;
  State state_ = State::idle;
  bool dirty_ = false;
  bool write_pending_ = false;
  bool shut_down_ = false;
  bool received_since_tick_ = false;
  std::uint64_t attempt_started_ns_ = 0;
  // Both with the resolution of the tick, so that no clock is read per reply.
  std::uint64_t last_received_ns_ = 0;
  std::uint64_t waiting_since_ns_ = 0;  // requests wait and nothing has come since; 0: not so
  std::uint64_t resume_at_ns_ = 0;
  unsigned failures_in_a_row_ = 0;
  std::string last_error_;
  std::minstd_rand jitter_;
};

}  // namespace slotway::upstream
