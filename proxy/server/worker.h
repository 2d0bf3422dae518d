#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "config/settings.h"
#include "net/loop.h"
#include "net/mailbox.h"
#include "net/timer.h"
#include "net/uv_transport.h"
#include "server/dispatcher.h"
#include "server/instance.h"
#include "session/client_session.h"
#include "stats/turn_clock.h"
#include "stats/worker_stats.h"

namespace slotway::server {

/// What workers ask of the control loop. Called on the worker's thread.
class WorkerHost {
 public:
  virtual void request_refresh(RefreshReason reason) = 0;
  virtual std::string topology_problem() = 0;
  [[nodiscard]] virtual std::size_t worker_count() const noexcept = 0;
  [[nodiscard]] virtual const stats::WorkerStats& stats_of(std::size_t index) const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t clients_refused() const = 0;
  [[nodiscard]] virtual const Instance& instance() const noexcept = 0;
  /// See WorkerPeers::post.
  virtual bool post_to_worker(std::size_t index, WorkerPeers::Errand errand) = 0;

 protected:
  ~WorkerHost() = default;
};

/// One thread with one loop: its own clients, its own connections to the nodes, its own counters. A
/// request lives and dies here without a lock.
///
/// Public functions are called by the control loop's thread, `post` by any, and take effect between
/// two turns of the worker's loop; all the rest runs on the worker's own thread.
class Worker final : private session::SessionObserver,
                     private DispatcherHost,
                     private upstream::Connector {
 public:
  Worker(std::size_t index, const config::Settings& settings, WorkerHost& host,
         std::shared_ptr<const command::CommandTable> commands);
  /// REQUIRES: join() has returned, or start() was never called.
  ~Worker();

  void start();

  /// Takes over an accepted client.
  void add_client(int fd, bool is_unix, std::uint64_t id);
  void adopt(std::shared_ptr<const cluster::SlotMap> map);
  void adopt(std::shared_ptr<const command::CommandTable> commands, std::string server_version);

  /// Runs an errand on the worker's thread. False if the worker has ended.
  bool post(WorkerPeers::Errand errand);

  /// Lets each client finish what it has sent, closes those that are idle, and ends the thread when
  /// none is left or the time is up.
  void drain(std::chrono::milliseconds limit);
  void join();
  /// True once a drain has come to its end and the thread is about to.
  [[nodiscard]] bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }

  /// Clients, those on their way to this worker included.
  [[nodiscard]] std::size_t clients() const noexcept {
    return clients_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const stats::WorkerStats& stats() const noexcept { return stats_; }

 private:
  static constexpr std::size_t kReadBufferBytes = std::size_t{64} << 10;

  void wants_flush(session::ClientSession& session) override;
  void wants_resume(session::ClientSession& session) override;
  void on_session_closed(session::ClientSession& session) override;

  void request_refresh(RefreshReason reason) override { host_.request_refresh(reason); }
  std::string topology_problem() override { return host_.topology_problem(); }
  [[nodiscard]] std::size_t worker_count() const noexcept override { return host_.worker_count(); }
  [[nodiscard]] std::size_t worker_index() const noexcept override { return index_; }
  [[nodiscard]] const stats::WorkerStats& stats_of(std::size_t worker) const noexcept override {
    return host_.stats_of(worker);
  }
  [[nodiscard]] std::uint64_t clients_refused() const override { return host_.clients_refused(); }
  [[nodiscard]] const Instance& instance() const noexcept override { return host_.instance(); }
  bool post(std::size_t worker, Errand errand) override {
    return host_.post_to_worker(worker, std::move(errand));
  }
  std::span<const std::unique_ptr<session::ClientSession>> sessions() noexcept override {
    return sessions_;
  }
  void wants_flush(upstream::Connection& connection) override;
  void on_node_up(const upstream::Connection& connection) override;
  void on_node_down(const upstream::Connection& connection, std::string_view reason) override;

  std::unique_ptr<net::Transport> connect(const cluster::Endpoint& endpoint,
                                          net::TransportHandler& handler) override;

  void run();
  void open_session(int fd, bool is_unix, std::uint64_t id);
  void go_on_and_write();
  void end_turn();
  void tick();
  void tick_drain();
  void finish();
  bool run_on_loop(std::function<void()> work);

  WorkerHost& host_;
  const std::size_t index_;
  stats::WorkerStats stats_;
  const net::TcpOptions client_tcp_;
  const net::TcpOptions upstream_tcp_;
  net::Loop loop_;
  stats::TurnClock clock_{net::Loop::monotonic_ns};
  std::vector<char> read_buffer_;
  session::SessionContext context_;
  Dispatcher dispatcher_;
  std::vector<std::unique_ptr<session::ClientSession>> sessions_;
  std::vector<session::ClientSession*> dirty_sessions_;
  std::vector<session::ClientSession*> resumed_sessions_;
  std::vector<upstream::Connection*> dirty_connections_;
  std::optional<std::uint64_t> drain_until_ns_;
  bool finishing_ = false;

  // Handles on the loop; gone before the loop ends.
  std::mutex
      mailbox_mutex_;  // guards the pointer: other threads post while the worker may be ending
  std::unique_ptr<net::Mailbox> mailbox_;
  std::unique_ptr<net::TurnEnd> turn_end_;
  std::unique_ptr<net::Timer> ticker_;

  std::atomic<bool> finished_{false};
  std::atomic<std::size_t> clients_{0};
  std::thread thread_;
};

}  // namespace slotway::server
