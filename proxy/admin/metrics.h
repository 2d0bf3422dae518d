#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "admin/node_totals.h"
#include "admin/status_source.h"

namespace slotway::admin {

/// Turns the workers' counters into Prometheus metric families, anew at each scrape; in between it
/// costs nothing. It only reads: the single-writer rule of stats::Counter stands.
///
/// The numbers of one scrape are not one instant (workers go on counting), but each counter never
/// goes back from one scrape to the next, and a histogram's +Inf bucket always equals its count.
///
/// Cardinality: at most 3 x stats::kMaxCommands for the commands, 11 x NodeRoster::kMaxNodes for
/// the nodes, a handful per worker; every other family has one series or a fixed set.
class MetricsCollector final : public prometheus::Collectable {
 public:
  using SteadyClock = std::function<std::chrono::steady_clock::time_point()>;

  /// `source` must outlive the collector. The clock is an argument for tests alone.
  explicit MetricsCollector(const StatusSource& source,
                            SteadyClock clock = std::chrono::steady_clock::now);

  /// May be called from any thread.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const StatusSource& source_;
  SteadyClock clock_;
  mutable std::mutex roster_mutex_;  // Collect() is const by its base, and the roster remembers
  mutable NodeRoster roster_;
};

/// The Content-Type of what metrics_text() returns.
inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// All families of `collectable` in the text exposition format 0.0.4.
[[nodiscard]] std::string metrics_text(const prometheus::Collectable& collectable);

}  // namespace slotway::admin
