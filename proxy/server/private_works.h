#pragma once

#include <cstdint>
#include <vector>

#include "server/private_work.h"
#include "session/request_pool.h"
#include "stats/worker_stats.h"

namespace slotway::server {

/// The private works under way on a worker: their clock, and who of them is blocked.
class PrivateWorks {
 public:
  PrivateWorks(session::RequestPool& requests, stats::WorkerStats& stats) noexcept
      : requests_(requests), stats_(stats) {}

  void tick(std::uint64_t now_ns);

  /// CLIENT UNBLOCK: frees the client if it is blocked on this worker, else `done` is told false at
  /// once.
  void unblock(std::uint64_t client_id, Unblock how, PrivateWork::UnblockDone done);

  /// The process is to end: those who block get what they would get at the end of their time, and
  /// are closed. To be called at each tick from then on, since others may begin to block.
  void drain();

 private:
  friend class PrivateWork;

  void add(PrivateWork& work);
  void remove(PrivateWork& work) noexcept;

  session::RequestPool& requests_;
  stats::WorkerStats& stats_;
  std::vector<PrivateWork*> works_;
};

}  // namespace slotway::server
