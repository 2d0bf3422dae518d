#include "session/output.h"

#include <algorithm>
#include <utility>

namespace slotway::session {

void Output::append_to_last(std::string_view bytes) {
  if (first_.capacity() == 0 && more_.empty()) {
    first_ = pool_.take();
  } else if (sealed_ || last().size() + bytes.size() > kChunkBytes) {
    more_.emplace_back(pool_.take());
    sealed_ = false;
  }
  last().append(bytes);
}

void Output::append_buffer(resp::ByteBuffer buffer) {
  size_ += buffer.size();
  if (first_.empty() && more_.empty()) {
    pool_.give_back(std::exchange(first_, std::move(buffer)));
  } else {
    more_.emplace_back(std::move(buffer));
  }
  sealed_ = true;  // its memory is exactly as large as the reply
}

void Output::append(SharedBytes bytes) {
  size_ += bytes->size();
  more_.emplace_back(std::move(bytes));
  sealed_ = true;  // others read the same bytes
}

std::size_t Output::gather(std::span<std::string_view> pieces) const noexcept {
  std::size_t count = 0;
  if (!first_.empty()) [[likely]]
    pieces[count++] = first_.view();
  for (std::size_t i = 0; i < more_.size() && count < pieces.size(); ++i) {
    pieces[count++] = more_[i].view();
  }
  return count;
}

std::size_t Output::largest_chunk() const noexcept {
  std::size_t largest = first_.size();
  for (const OutputChunk& chunk : more_) largest = std::max(largest, chunk.size());
  return largest;
}

std::size_t Output::heap_bytes() const noexcept {
  std::size_t bytes = first_.capacity() + more_.capacity() * sizeof(OutputChunk);
  for (const OutputChunk& chunk : more_) bytes += chunk.own_bytes();
  return bytes;
}

void Output::consume(std::size_t size) {
  size_ -= size;
  if (size_ == 0) [[likely]] {
    pool_.give_back(std::exchange(first_, resp::ByteBuffer()));
    if (more_.capacity() > 0) [[unlikely]]
      more_ = std::vector<OutputChunk>();  // its memory, too
    sealed_ = false;
    return;
  }
  const std::size_t of_first = std::min(size, first_.size());
  first_.consume(of_first);
  size -= of_first;
  if (first_.empty()) drop_front(size);
}

// Drops bytes behind the first chunk, which is used up, and puts the next one in its place. A
// shared chunk stays where it is: only bytes of the client's own are ever appended to.
void Output::drop_front(std::size_t size) {
  std::size_t emptied = 0;
  while (size > 0) {
    OutputChunk& chunk = more_[emptied];
    const std::size_t taken = std::min(size, chunk.size());
    chunk.consume(taken);
    size -= taken;
    if (chunk.empty()) ++emptied;
  }
  if (!more_[emptied].is_shared()) {
    pool_.give_back(std::exchange(first_, std::move(more_[emptied++].own())));
  }
  more_.erase(more_.begin(), more_.begin() + static_cast<std::ptrdiff_t>(emptied));
}

}  // namespace slotway::session
