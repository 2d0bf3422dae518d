#include "server/retry_queue.h"

#include <unordered_set>
#include <utility>

#include "session/client_session.h"

namespace slotway::server {

void RetryQueue::hold(session::PendingRequest& pending, HeldRequest request) {
  bytes_ += request.bytes.size();
  ++pending.session->held_requests;
  ++pending.held_parts;
  held_.push_back(std::move(request));
}

void RetryQueue::run(session::RequestPool& pool, std::uint64_t now_ns,
                     const std::function<bool(session::PendingRequest&, const HeldRequest&)>& send) {
  // `send` may come back to `hold` (a connection that breaks at once), so it works on a list of its own.
  std::vector<HeldRequest> due = std::exchange(held_, {});
  std::vector<HeldRequest> staying;
  std::unordered_set<const session::ClientSession*> blocked;
  for (HeldRequest& held : due) {
    session::PendingRequest* pending = pool.find(held.request);
    if (pending == nullptr) {
      bytes_ -= held.bytes.size();
      continue;
    }
    session::ClientSession& session = *pending->session;
    const bool must_wait = held.not_before_ns > now_ns || blocked.contains(&session);
    if (must_wait || !send(*pending, held)) {
      blocked.insert(&session);
      staying.push_back(std::move(held));
      continue;
    }
    --session.held_requests;
    --pending->held_parts;
    bytes_ -= held.bytes.size();
  }
  std::move(held_.begin(), held_.end(), std::back_inserter(staying));
  held_ = std::move(staying);
}

std::string_view RetryQueue::last_error(session::RequestHandle request) const noexcept {
  for (const HeldRequest& held : held_) {
    if (held.request == request) return held.last_error;
  }
  return {};
}

}  // namespace slotway::server
