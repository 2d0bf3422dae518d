#include "server/private_works.h"

#include <limits>
#include <utility>

#include "session/client_session.h"

namespace slotway::server {

namespace {

constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

}  // namespace

// --- One of them
// ---------------------------------------------------------------------------------------

PrivateWork::PrivateWork(PrivateWorks& works) : works_(works) {}

PrivateWork::~PrivateWork() {
  if (position_ != kNowhere) works_.remove(*this);
}

void PrivateWork::belongs_to(const session::PendingRequest& pending) {
  handle_ = pending.handle();
  works_.add(*this);
}

// By value because those that block keep it.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void PrivateWork::unblock(Unblock, UnblockDone done) { done(false); }

// --- All of them
// ---------------------------------------------------------------------------------------

void PrivateWorks::add(PrivateWork& work) {
  work.position_ = works_.size();
  works_.push_back(&work);
  work.counted_as_blocked_ = work.blocks();
  if (work.counted_as_blocked_) stats_.blocked_clients.add();
}

void PrivateWorks::remove(PrivateWork& work) noexcept {
  const std::size_t position = std::exchange(work.position_, kNowhere);
  works_[position] = works_.back();
  works_[position]->position_ = position;
  works_.pop_back();
  work.position_ = kNowhere;
  if (work.counted_as_blocked_) stats_.blocked_clients.subtract();
}

// From the back, since a work that ends during its call gives its place to the last one.
void PrivateWorks::tick(std::uint64_t now_ns) {
  for (std::size_t i = works_.size(); i-- > 0;) {
    if (i < works_.size()) works_[i]->tick(now_ns);
  }
}

void PrivateWorks::unblock(std::uint64_t client_id, Unblock how, PrivateWork::UnblockDone done) {
  for (PrivateWork* work : works_) {
    if (!work->blocks()) continue;
    const session::PendingRequest* pending = requests_.find(work->handle_);
    if (pending == nullptr || pending->session->id() != client_id) continue;
    return work->unblock(how, std::move(done));
  }
  done(false);
}

void PrivateWorks::drain() {
  for (std::size_t i = works_.size(); i-- > 0;) {
    if (i >= works_.size()) continue;
    PrivateWork& work = *works_[i];
    if (!work.blocks() || work.told_to_drain_) continue;
    work.told_to_drain_ = true;
    const session::PendingRequest* pending = requests_.find(work.handle_);
    if (pending == nullptr) continue;
    pending->session->close_when_answered();
    work.unblock(Unblock::as_timed_out, [](bool) {});
  }
}

}  // namespace slotway::server
