#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "session/client_session.h"
#include "stats/worker_stats.h"

namespace slotway::server {

class Dispatcher;

/// All workers of the process, as one of them sees them: its own clients, and a way to have
/// something done on another worker's thread. Nothing of another worker is ever touched in any
/// other way.
class WorkerPeers {
 public:
  /// Runs once on the thread of the worker it was sent to, between two of its events.
  using Errand = std::function<void(Dispatcher& there)>;

  [[nodiscard]] virtual std::size_t worker_count() const noexcept = 0;
  /// Which of them this one is, from 0.
  [[nodiscard]] virtual std::size_t worker_index() const noexcept = 0;
  /// A worker's counters, which any thread may read.
  [[nodiscard]] virtual const stats::WorkerStats& stats_of(std::size_t worker) const noexcept = 0;
  /// Clients turned away because there were too many already.
  [[nodiscard]] virtual std::uint64_t clients_refused() const = 0;

  /// Sends an errand; those from one worker to another run in the order they were sent. False if
  /// the other has come to its end. Callable on this worker's thread only.
  virtual bool post(std::size_t worker, Errand errand) = 0;

  /// This worker's clients. Those that have been closed stay until their transports are gone.
  [[nodiscard]] virtual std::span<const std::unique_ptr<session::ClientSession>>
  sessions() noexcept = 0;

 protected:
  ~WorkerPeers() = default;
};

}  // namespace slotway::server
