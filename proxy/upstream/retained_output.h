#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace slotway::upstream {

/// The requests written to a connection, kept until they are answered as TCP keeps segments: a
/// redirect or a lost connection can send them again without a second copy having been made
/// beforehand.
///
/// Each request lies contiguously in a chunk whose memory never moves. Three positions only grow:
/// released <= handed over <= appended. "Handed over" bytes may have reached the node; what lies
/// behind them certainly has not.
class RetainedOutput {
 public:
  static constexpr std::size_t kChunkBytes = 16 * 1024;

  /// Room for one request at the back, to be filled at once.
  [[nodiscard]] char* extend(std::size_t size);

  /// The oldest `size` bytes. REQUIRES: they are one request.
  [[nodiscard]] std::string_view front(std::size_t size) const noexcept {
    return {chunks_.front().data.get() + front_offset_, size};
  }

  /// Lets go of the oldest request. REQUIRES: its size.
  void release(std::size_t size) noexcept;

  /// Where the next request will begin; never goes back, not even over a clear().
  [[nodiscard]] std::uint64_t end() const noexcept { return appended_; }
  /// True if nothing is retained any more of what was appended before a position.
  [[nodiscard]] bool is_past(std::uint64_t position) const noexcept {
    return released_ >= position;
  }

  [[nodiscard]] std::size_t unsent_bytes() const noexcept { return appended_ - handed_over_; }
  [[nodiscard]] std::size_t retained_bytes() const noexcept { return appended_ - released_; }

  /// True if the oldest request may have reached the node completely.
  [[nodiscard]] bool front_handed_over(std::size_t size) const noexcept {
    return released_ + size <= handed_over_;
  }

  /// Fills `pieces` with what has not been handed over, in order; returns how many were used.
  [[nodiscard]] std::size_t gather(std::span<std::string_view> pieces) const noexcept;
  void mark_handed_over(std::size_t size) noexcept { handed_over_ += size; }

  /// Until unpin(), memory that has been gathered stays as it is, even if its requests are
  /// released: the transport is still writing it. Only a node that answers too early makes a
  /// difference between the two.
  void pin() noexcept { pinned_ = true; }
  void unpin() noexcept {
    pinned_ = false;
    released_while_pinned_.clear();
  }

  void clear() noexcept;

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };

  void add_chunk(std::size_t size);
  void drop_front_chunk() noexcept;

  std::deque<Chunk> chunks_;
  Chunk spare_;  // the last chunk emptied, so that steady traffic allocates nothing
  std::vector<Chunk> released_while_pinned_;
  bool pinned_ = false;
  std::size_t front_offset_ = 0;  // in the first chunk
  std::uint64_t released_ = 0;
  std::uint64_t handed_over_ = 0;
  std::uint64_t appended_ = 0;
};

}  // namespace slotway::upstream
