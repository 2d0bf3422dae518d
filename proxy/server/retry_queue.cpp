#include "server/retry_queue.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "session/client_session.h"

namespace slotway::server {

namespace {

// The numbers wrap around; what is compared is never far apart.
bool is_before(std::uint32_t first, std::uint32_t second) noexcept {
  return static_cast<std::int32_t>(first - second) < 0;
}

}  // namespace

void RetryQueue::hold(session::PendingRequest& pending, HeldRequest request) {
  bytes_ += request.bytes.size();
  ++pending.session->held_requests;
  ++pending.held_parts;
  request.session = pending.session;
  request.order = pending.order;
  request.read_only = pending.read_only;
  insert(held_, std::move(request));
}

// Behind all others, but in front of later requests of its session: it has been held before, or has
// come back by a longer way than they.
void RetryQueue::insert(std::vector<HeldRequest>& held, HeldRequest request) {
  auto place = held.end();
  for (auto at = held.end(); at != held.begin();) {
    --at;
    if (at->session != request.session) continue;
    if (!is_before(request.order, at->order)) break;
    place = at;
  }
  held.insert(place, std::move(request));
}

std::vector<HeldRequest> RetryQueue::run(
    session::RequestPool& pool, std::uint64_t now_ns,
    const std::function<bool(session::PendingRequest&, const HeldRequest&)>& send) {
  // `send` may come back to `hold` (a connection that breaks at once), so it works on a list of its
  // own.
  std::vector<HeldRequest> due = std::exchange(held_, {});
  std::vector<HeldRequest> staying;
  std::vector<HeldRequest> overtaken;
  std::unordered_set<const session::ClientSession*> blocked;
  for (HeldRequest& held : due) {
    session::PendingRequest* pending = pool.find(held.request);
    if (pending == nullptr) {
      bytes_ -= held.bytes.size();
      continue;
    }
    session::ClientSession& session = *pending->session;
    if (!held.overtaken) {
      const std::size_t came_back = held_.size();
      const bool must_wait =
          held.in_doubt || held.not_before_ns > now_ns || blocked.contains(&session);
      if (must_wait || !send(*pending, held)) {
        blocked.insert(&session);
        staying.push_back(std::move(held));
        continue;
      }
      if (held_.size() > came_back) blocked.insert(&session);
    }
    --session.held_requests;
    --pending->held_parts;
    bytes_ -= held.bytes.size();
    if (held.overtaken) overtaken.push_back(std::move(held));
  }
  for (HeldRequest& came_back : held_) insert(staying, std::move(came_back));
  held_ = std::move(staying);
  return overtaken;
}

void RetryQueue::doubt(session::RequestHandle request) noexcept {
  for (HeldRequest& held : held_) {
    if (held.request == request) held.in_doubt = true;
  }
}

std::optional<HeldRequest> RetryQueue::take_doubtful(session::PendingRequest& pending) {
  const auto found = std::ranges::find_if(held_, [&](const HeldRequest& held) {
    return held.in_doubt && !held.overtaken && held.request == pending.handle();
  });
  if (found == held_.end()) return std::nullopt;
  HeldRequest taken = std::move(*found);
  held_.erase(found);
  bytes_ -= taken.bytes.size();
  --pending.session->held_requests;
  --pending.held_parts;
  return taken;
}

void RetryQueue::note_run(const session::PendingRequest& ran, cluster::Slot slot,
                          const std::function<bool(const HeldRequest& held)>& conflicts) {
  for (HeldRequest& held : held_) {
    if (held.session != ran.session || held.slot != slot || held.overtaken) continue;
    held.overtaken = is_before(held.order, ran.order) && conflicts(held);
  }
}

std::string_view RetryQueue::last_error(session::RequestHandle request) const noexcept {
  for (const HeldRequest& held : held_) {
    if (held.request == request) return held.last_error;
  }
  return {};
}

}  // namespace slotway::server
