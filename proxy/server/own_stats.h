#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "stats/error_counts.h"
#include "stats/worker_stats.h"

namespace slotway::server {

class WorkerPeers;

/// A command as INFO commandstats counts it.
struct CommandCounts {
  std::uint64_t calls = 0;     ///< that a node or Slotway has run, failed ones included
  std::uint64_t rejected = 0;  ///< that Slotway answered with an error of its own
  std::uint64_t failed = 0;    ///< that a node answered with an error

  [[nodiscard]] bool any() const noexcept { return calls + rejected > 0; }
};

/// What all workers have counted, in the terms of INFO.
struct OwnStats {
  std::uint64_t connections_received = 0;
  std::uint64_t connections_rejected = 0;
  std::uint64_t input_bytes = 0;
  std::uint64_t output_bytes = 0;
  std::vector<CommandCounts> commands;  ///< by CommandId
  stats::ErrorCounts::Counts errors;

  [[nodiscard]] std::uint64_t commands_processed() const noexcept;
  [[nodiscard]] std::uint64_t error_replies() const noexcept;
};

/// Since Slotway has started. May be called on any worker's thread.
[[nodiscard]] OwnStats count_all(const WorkerPeers& peers);

/// Where the counters stood at the last CONFIG RESETSTAT. The counters themselves only ever grow,
/// as Prometheus wants them. Used by all workers, guarded by a lock of its own.
class StatsBaseline {
 public:
  void set(OwnStats now);
  /// What has been added since.
  [[nodiscard]] OwnStats since(OwnStats now) const;

 private:
  mutable std::mutex mutex_;
  OwnStats baseline_;
};

}  // namespace slotway::server
