#include "session/output.h"

#include <algorithm>
#include <utility>

namespace slotway::session {

void Output::add_chunk() {
  chunks_.push_back(pool_.take());
  sealed_ = false;
}

void Output::append_buffer(resp::ByteBuffer buffer) {
  size_ += buffer.size();
  chunks_.push_back(std::move(buffer));
  sealed_ = true;  // its memory is exactly as large as the reply
}

std::size_t Output::gather(std::span<std::string_view> pieces) const noexcept {
  const std::size_t count = std::min(pieces.size(), chunks_.size());
  for (std::size_t i = 0; i < count; ++i) pieces[i] = chunks_[i].view();
  return count;
}

void Output::consume(std::size_t size) {
  size_ -= size;
  std::size_t emptied = 0;
  while (size > 0) {
    resp::ByteBuffer& chunk = chunks_[emptied];
    const std::size_t taken = std::min(size, chunk.size());
    chunk.consume(taken);
    size -= taken;
    if (!chunk.empty()) break;
    pool_.give_back(std::move(chunk));
    ++emptied;
  }
  chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(emptied));
  if (chunks_.empty()) sealed_ = false;
}

}  // namespace slotway::session
