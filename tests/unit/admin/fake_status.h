#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "admin/status_source.h"

namespace slotway::admin {

/// A StatusSource whose facts a test sets; readiness may change while a server runs.
class FakeStatus final : public StatusSource {
 public:
  explicit FakeStatus(std::size_t worker_count = 1) {
    for (std::size_t number = 0; number < worker_count; ++number) {
      owned.push_back(std::make_unique<stats::WorkerStats>());
    }
  }

  [[nodiscard]] std::vector<const stats::WorkerStats*> workers() const override {
    std::vector<const stats::WorkerStats*> views;
    for (const auto& worker : owned) views.push_back(worker.get());
    return views;
  }
  [[nodiscard]] std::string command_name(std::size_t id) const override {
    return id < names.size() ? names[id] : "";
  }
  [[nodiscard]] std::uint64_t clients_refused() const override { return refused; }
  [[nodiscard]] ProcessFacts process() const override { return facts; }
  [[nodiscard]] Readiness readiness() const override {
    const std::lock_guard lock(mutex_);
    return readiness_;
  }
  [[nodiscard]] TopologyStatus topology() const override { return topology_status; }

  void set_readiness(Readiness readiness) {
    const std::lock_guard lock(mutex_);
    readiness_ = std::move(readiness);
  }

  std::vector<std::unique_ptr<stats::WorkerStats>> owned;
  std::vector<std::string> names{"get", "set", "config|set"};
  ProcessFacts facts{.version = "1.2.3",
                     .started = std::chrono::system_clock::now() - std::chrono::seconds(90)};
  TopologyStatus topology_status;
  std::uint64_t refused = 0;

 private:
  mutable std::mutex mutex_;
  Readiness readiness_;
};

}  // namespace slotway::admin
