#include "upstream/retained_output.h"

#include <utility>

namespace slotway::upstream {

char* RetainedOutput::extend(std::size_t size) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().used < size) [[unlikely]] {
    add_chunk(size);
  }
  Chunk& chunk = chunks_.back();
  char* room = chunk.data.get() + chunk.used;
  chunk.used += size;
  appended_ += size;
  return room;
}

void RetainedOutput::add_chunk(std::size_t size) {
  if (!chunks_.empty() && chunks_.back().used == 0) chunks_.pop_back();  // too small and unused
  if (size <= spare_.capacity) {
    chunks_.push_back(std::exchange(spare_, Chunk()));
    return;
  }
  const std::size_t capacity = size > kChunkBytes ? size : kChunkBytes;
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity, 0});
}

void RetainedOutput::release(std::size_t size) noexcept {
  released_ += size;
  front_offset_ += size;
  if (front_offset_ == chunks_.front().used) drop_front_chunk();
}

void RetainedOutput::drop_front_chunk() noexcept {
  front_offset_ = 0;
  Chunk& chunk = chunks_.front();
  if (pinned_) [[unlikely]] {
    released_while_pinned_.push_back(std::move(chunk));
    chunks_.pop_front();
    return;
  }
  chunk.used = 0;
  if (chunks_.size() == 1 && chunk.capacity == kChunkBytes) return;  // reused in place
  if (chunk.capacity == kChunkBytes) spare_ = std::move(chunk);
  chunks_.pop_front();
}

std::size_t RetainedOutput::gather(std::span<std::string_view> pieces) const noexcept {
  std::uint64_t chunk_end = appended_;
  std::size_t first = chunks_.size();
  // Found from the back: what is unsent lies in the last chunk or two, what is retained may lie in
  // many.
  std::uint64_t chunk_begin = appended_;
  while (first > 0 && chunk_begin > handed_over_) {
    --first;
    const std::size_t skipped = first == 0 ? front_offset_ : 0;
    chunk_end = chunk_begin;
    chunk_begin = chunk_end - (chunks_[first].used - skipped);
  }
  std::size_t count = 0;
  for (std::size_t index = first; index < chunks_.size() && count < pieces.size(); ++index) {
    const Chunk& chunk = chunks_[index];
    std::size_t offset = index == 0 ? front_offset_ : 0;
    if (index == first) offset += handed_over_ - chunk_begin;
    if (offset == chunk.used) continue;
    pieces[count++] = {chunk.data.get() + offset, chunk.used - offset};
  }
  return count;
}

void RetainedOutput::clear() noexcept {
  chunks_.clear();
  spare_ = Chunk();
  unpin();
  front_offset_ = 0;
  released_ = handed_over_ = appended_;
}

}  // namespace slotway::upstream
