#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin/http_server.h"
#include "admin/metrics.h"
#include "admin/status_source.h"
#include "config/settings.h"
#include "net/listener.h"
#include "net/mailbox.h"
#include "net/signal_watcher.h"
#include "net/uv_transport.h"
#include "server/instance.h"
#include "server/topology_service.h"
#include "server/worker.h"

namespace slotway::server {

/// The control loop, on the main thread: accepts clients and hands each to the worker with the
/// fewest, keeps the topology, answers the admin endpoints' questions, and ends everything in
/// order.
class Control final : private WorkerHost,
                      private TopologyObserver,
                      private upstream::Connector,
                      private admin::StatusSource {
 public:
  explicit Control(Instance instance);
  ~Control() override;

  /// Opens the listeners and the admin endpoint. The error is one sentence.
  [[nodiscard]] std::expected<void, std::string> open();
  /// Runs until a signal ends it and everything is closed.
  void run();

 private:
  // WorkerHost: called on workers' threads.
  void request_refresh(RefreshReason reason) override;
  std::string topology_problem() override;
  [[nodiscard]] std::size_t worker_count() const noexcept override { return workers_.size(); }
  [[nodiscard]] const stats::WorkerStats& stats_of(std::size_t index) const noexcept override {
    return workers_[index]->stats();
  }
  [[nodiscard]] const Instance& instance() const noexcept override { return instance_; }
  bool post_to_worker(std::size_t index, WorkerPeers::Errand errand) override {
    return workers_[index]->post(std::move(errand));
  }

  void on_map(std::shared_ptr<const cluster::SlotMap> map, std::string_view reason) override;
  void on_refreshed(std::string_view reason) override;
  void on_server_facts(resp::ReplyNode command_reply, std::string_view info) override;
  void on_refresh_failed(std::string_view reason, const std::string& problem) override;
  void count_refresh(std::string_view reason);

  std::unique_ptr<net::Transport> connect(const cluster::Endpoint& endpoint,
                                          net::TransportHandler& handler) override;

  // StatusSource: called on the admin thread (clients_refused on workers' as well).
  [[nodiscard]] std::vector<const stats::WorkerStats*> workers() const override;
  [[nodiscard]] std::string command_name(std::size_t id) const override;
  [[nodiscard]] std::uint64_t clients_refused() const override { return clients_refused_.value(); }
  [[nodiscard]] admin::ProcessFacts process() const override;
  [[nodiscard]] admin::Readiness readiness() const override;
  [[nodiscard]] admin::TopologyStatus topology() const override;

  [[nodiscard]] std::expected<void, std::string> open_listener(
      const config::ListenAddress& address);
  [[nodiscard]] std::expected<void, std::string> open_admin();
  void on_client(net::Listener::Accepted accepted);
  void drain();
  void finish();

  /// What the admin thread may see of the control loop's state.
  struct Shared {
    std::shared_ptr<const cluster::SlotMap> map;
    std::shared_ptr<const command::CommandTable> commands;
    std::string problem = "no node of the cluster has answered yet";
    std::chrono::steady_clock::time_point last_refresh{};
    std::vector<admin::RefreshCount> refreshes;
    std::string server_version;
    std::uint64_t refresh_failures = 0;
  };

  Instance instance_;  // the workers read it; complete when they start
  const config::Settings& settings_ = instance_.settings;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  net::Loop loop_;
  mutable std::mutex shared_mutex_;  // guards shared_; never held while anything waits
  Shared shared_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> refresh_requested_{false};
  std::uint64_t next_client_id_ = 1;
  stats::Counter clients_refused_;

  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<net::Mailbox> mailbox_;
  std::unique_ptr<TopologyService> topology_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::vector<std::unique_ptr<net::SignalWatcher>> signals_;
  std::unique_ptr<net::Timer> drain_timer_;
  std::unique_ptr<admin::MetricsCollector> metrics_;
  std::unique_ptr<admin::HttpServer> admin_server_;
};

}  // namespace slotway::server
