#include "session/output.h"

#include <algorithm>
#include <utility>

namespace slotway::session {

void Output::append_to_last(std::string_view bytes) {
  if (first_.capacity() == 0) {
    first_ = pool_.take();
  } else if (sealed_ || last().size() + bytes.size() > kChunkBytes) {
    more_.push_back(pool_.take());
    sealed_ = false;
  }
  last().append(bytes);
}

void Output::append_buffer(resp::ByteBuffer buffer) {
  size_ += buffer.size();
  if (first_.empty()) {
    pool_.give_back(std::exchange(first_, std::move(buffer)));
  } else {
    more_.push_back(std::move(buffer));
  }
  sealed_ = true;  // its memory is exactly as large as the reply
}

std::size_t Output::gather(std::span<std::string_view> pieces) const noexcept {
  pieces[0] = first_.view();
  const std::size_t count = std::min(pieces.size() - 1, more_.size());
  for (std::size_t i = 0; i < count; ++i) pieces[i + 1] = more_[i].view();
  return count + 1;
}

std::size_t Output::heap_bytes() const noexcept {
  std::size_t bytes = first_.capacity() + more_.capacity() * sizeof(resp::ByteBuffer);
  for (const resp::ByteBuffer& chunk : more_) bytes += chunk.capacity();
  return bytes;
}

void Output::consume(std::size_t size) {
  size_ -= size;
  if (size_ == 0) [[likely]] {
    pool_.give_back(std::exchange(first_, resp::ByteBuffer()));
    more_.clear();
    sealed_ = false;
    return;
  }
  std::size_t emptied = 0;
  while (size > 0) {
    resp::ByteBuffer& chunk = emptied == 0 ? first_ : more_[emptied - 1];
    const std::size_t taken = std::min(size, chunk.size());
    chunk.consume(taken);
    size -= taken;
    if (chunk.empty()) ++emptied;
  }
  if (emptied == 0) return;
  pool_.give_back(std::exchange(first_, std::move(more_[emptied - 1])));
  more_.erase(more_.begin(), more_.begin() + static_cast<std::ptrdiff_t>(emptied));
}

}  // namespace slotway::session
