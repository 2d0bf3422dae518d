#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "session/pending_request.h"

namespace slotway::session {

/// The pending requests of a worker's clients. Places are reused; a handle finds its request only
/// as long as that very request is pending, which is what keeps a late reply from reaching anybody
/// else.
class RequestPool {
 public:
  /// A place in state `waiting`, all else as default.
  [[nodiscard]] PendingRequest& take() {
    if (free_ == kNone) [[unlikely]]
      add_slab();
    PendingRequest& request = at(free_);
    free_ = request.next;
    request.state = PendingRequest::State::waiting;
    request.next = kNone;
    ++in_use_;
    return request;
  }

  void give_back(PendingRequest& request) noexcept {
    request.state = PendingRequest::State::free;
    if (++request.generation == 0) request.generation = 1;
    request.session = nullptr;
    request.work.reset();
    request.parked.clear();
    request.next = free_;
    free_ = request.index;
    --in_use_;
  }

  /// Null if the request is over.
  [[nodiscard]] PendingRequest* find(RequestHandle handle) noexcept {
    if (handle.index >= size()) return nullptr;
    PendingRequest& request = at(handle.index);
    return request.generation == handle.generation ? &request : nullptr;
  }

  /// REQUIRES: index of a place that exists.
  [[nodiscard]] PendingRequest& at(std::uint32_t index) noexcept {
    return slabs_[index / kSlabSize][index % kSlabSize];
  }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  [[nodiscard]] std::uint32_t size() const noexcept {
    return static_cast<std::uint32_t>(slabs_.size() * kSlabSize);
  }

  static constexpr std::uint32_t kNone = 0xffffffff;

 private:
  static constexpr std::size_t kSlabSize = 256;

  void add_slab() {
    const std::uint32_t first = size();
    slabs_.push_back(std::make_unique<PendingRequest[]>(kSlabSize));
    for (std::size_t i = kSlabSize; i-- > 0;) {
      PendingRequest& request = slabs_.back()[i];
      request.index = first + static_cast<std::uint32_t>(i);
      request.generation = 1;
      request.next = free_;
      free_ = request.index;
    }
  }

  std::vector<std::unique_ptr<PendingRequest[]>> slabs_;
  std::uint32_t free_ = kNone;
  std::size_t in_use_ = 0;
};

}  // namespace slotway::session
