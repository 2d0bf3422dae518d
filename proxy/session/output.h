#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "resp/byte_buffer.h"
#include "resp/reply_frame.h"
#include "session/output_chunk.h"

namespace slotway::session {

/// Spare output buffers of a worker: a client owns one only while it has output.
class BufferPool {
 public:
  [[nodiscard]] resp::ByteBuffer take() {
    if (spare_.empty()) return resp::ByteBuffer(kFirstCapacity);
    resp::ByteBuffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }
  void give_back(resp::ByteBuffer buffer) {
    if (buffer.capacity() == 0 || buffer.capacity() > kLargestKept) return;
    if (spare_.size() >= kMostKept) return;
    buffer.clear();
    spare_.push_back(std::move(buffer));
  }

 private:
  static constexpr std::size_t kFirstCapacity = 1024;
  static constexpr std::size_t kLargestKept = 64 * 1024;
  static constexpr std::size_t kMostKept = 1024;

  std::vector<resp::ByteBuffer> spare_;
};

/// Reply bytes on their way to one client: small replies copied together into one run, large ones
/// kept in the buffer they arrived in, and what many clients get alike by reference.
class Output {
 public:
  explicit Output(BufferPool& pool) noexcept : pool_(pool) {}

  void append(std::string_view bytes) {
    size_ += bytes.size();
    // By far the most output fits the first chunk of a client that had none.
    if (first_.room() >= bytes.size() && more_.empty() && !sealed_) [[likely]] {
      first_.append(bytes);
    } else {
      append_to_last(bytes);
    }
  }
  void append(const resp::ReplyFrame& reply) {
    if (reply.buffer == nullptr) [[likely]] {
      append(reply.bytes);
    } else {
      append_buffer(std::move(*reply.buffer));
    }
  }

  /// REQUIRES: not null, not empty.
  void append(SharedBytes bytes);

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t chunks() const noexcept {
    return (first_.empty() ? 0U : 1U) + more_.size();
  }
  /// Size of the largest chunk: at least that of the largest reply, since a reply is never divided.
  [[nodiscard]] std::size_t largest_chunk() const noexcept;
  /// Memory held outside of the object, without what is shared.
  [[nodiscard]] std::size_t heap_bytes() const noexcept;

  /// Fills `pieces` with the bytes to write, in order; returns how many were used. REQUIRES:
  /// !empty().
  [[nodiscard]] std::size_t gather(std::span<std::string_view> pieces) const noexcept;

  /// Drops what has been written.
  void consume(std::size_t size);

  /// From now on nothing is appended to the chunks there are, so that they stay where they are
  /// while the transport writes them.
  void seal() noexcept { sealed_ = true; }

 private:
  // A chunk that has reached this size is left as it is, and the next one begins.
  static constexpr std::size_t kChunkBytes = 64 * 1024;

  void append_to_last(std::string_view bytes);
  void append_buffer(resp::ByteBuffer buffer);
  void drop_front(std::size_t size);
  /// REQUIRES: !sealed_, so it is no shared chunk.
  [[nodiscard]] resp::ByteBuffer& last() noexcept {
    return more_.empty() ? first_ : more_.back().own();
  }

  BufferPool& pool_;
  std::size_t size_ = 0;
  resp::ByteBuffer first_;         // empty only if nothing or something shared follows
  std::vector<OutputChunk> more_;  // what follows it
  bool sealed_ = false;            // the last chunk must not be appended to
};

}  // namespace slotway::session
