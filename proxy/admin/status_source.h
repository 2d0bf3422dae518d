#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stats/worker_stats.h"

namespace slotway::admin {

/// Whether Slotway can serve every key right now; `reason` is a sentence for a human when it
/// cannot.
struct Readiness {
  bool ready = false;
  std::string reason;
};

struct ProcessFacts {
  std::string version;
  std::chrono::system_clock::time_point started;
};

enum class NodeRole : std::uint8_t { primary, replica };

struct TopologyNode {
  std::string endpoint;  ///< host:port, written as in stats::NodeStats::endpoint
  NodeRole role = NodeRole::primary;
  std::uint32_t slots = 0;  ///< slots it serves; those of its primary for a replica are not counted
};

/// Refreshes begun for one reason ("start", "periodic", "moved", ...), failed ones included.
struct RefreshCount {
  std::string reason;
  std::uint64_t count = 0;
};

struct TopologyStatus {
  std::vector<TopologyNode> nodes;
  std::uint32_t slots_covered = 0;  ///< of 16384
  std::uint64_t map_version = 0;    ///< grows by one with each published slot map; 0: none yet
  std::vector<RefreshCount> refreshes;
  std::uint64_t refresh_failures = 0;
  /// Time since the last refresh that succeeded; nothing before the first one.
  std::optional<std::chrono::duration<double>> age;
};

/// What the admin endpoints may know of the running server. The server implements it, admin calls
/// it.
///
/// Every function is called from the admin thread at any time between HttpServer::start() and
/// HttpServer::stop(), while the workers and the control loop run. So each one reads atomics,
/// immutable snapshots or state under a short lock of its own, never what a worker owns, and does
/// not wait for another thread: a stuck worker must not make /healthz fail.
class StatusSource {
 public:
  StatusSource() = default;
  StatusSource(const StatusSource&) = delete;
  StatusSource& operator=(const StatusSource&) = delete;
  virtual ~StatusSource() = default;

  /// The counters of all workers, in the order of their numbers. They outlive the HTTP server.
  [[nodiscard]] virtual std::vector<const stats::WorkerStats*> workers() const = 0;

  /// Name of the command with this CommandId ("get", "config|set"); empty for an id nobody has.
  [[nodiscard]] virtual std::string command_name(std::size_t id) const = 0;

  /// Clients sent away because there were too many; counted before any worker has seen them.
  [[nodiscard]] virtual std::uint64_t clients_refused() const = 0;

  [[nodiscard]] virtual ProcessFacts process() const = 0;
  [[nodiscard]] virtual Readiness readiness() const = 0;
  [[nodiscard]] virtual TopologyStatus topology() const = 0;
};

}  // namespace slotway::admin
