#pragma once

#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace slotway::resp {

/// A growing run of bytes that is read from the front and written at the back. Unlike std::string
/// it leaves new room uninitialised, so a read from a socket goes straight into it.
class ByteBuffer {
 public:
  ByteBuffer() noexcept = default;
  explicit ByteBuffer(std::size_t capacity)
      : data_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}

  ByteBuffer(ByteBuffer&& other) noexcept
      : data_(std::move(other.data_)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;
  ~ByteBuffer() = default;

  [[nodiscard]] std::string_view view() const noexcept { return {data_.get() + begin_, size()}; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  /// Bytes that fit at the back without growing or moving anything.
  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - end_; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()).data(), bytes.data(), bytes.size());
    end_ += bytes.size();
  }

  /// At least `size` bytes of room at the back; all the room there is. What is written there counts
  /// once `commit` says so. Moves the content if it has to grow, by doubling.
  [[nodiscard]] std::span<char> prepare(std::size_t size) {
    if (room() < size) [[unlikely]]
      make_room(size);
    return {data_.get() + end_, room()};
  }
  void commit(std::size_t size) noexcept {
    assert(size <= room());
    end_ += size;
  }

  /// Drops bytes at the front. REQUIRES: size <= this->size().
  void consume(std::size_t size) noexcept {
    assert(size <= this->size());
    begin_ += size;
    if (begin_ == end_) clear();
  }
  void clear() noexcept { begin_ = end_ = 0; }

 private:
  void make_room(std::size_t size) {
    const std::size_t used = this->size();
    if (capacity_ - used >= size && begin_ >= used) {  // sliding down is cheap and enough
      std::memcpy(data_.get(), data_.get() + begin_, used);
    } else {
      std::size_t capacity = capacity_ < kSmallest ? kSmallest : capacity_;
      while (capacity - used < size) capacity *= 2;
      auto grown = std::make_unique_for_overwrite<char[]>(capacity);
      if (used > 0) std::memcpy(grown.get(), data_.get() + begin_, used);
      data_ = std::move(grown);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  static constexpr std::size_t kSmallest = 256;

  std::unique_ptr<char[]> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace slotway::resp
