#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "resp/byte_buffer.h"

namespace slotway::session {

/// Bytes that stand in the outputs of many clients and exist once. They go with the last output
/// that has them.
using SharedBytes = std::shared_ptr<const std::string>;

/// A run of bytes in a client's output: its own, or shared with other clients.
class OutputChunk {
 public:
  explicit OutputChunk(resp::ByteBuffer own) noexcept : own_(std::move(own)) {}
  explicit OutputChunk(SharedBytes shared) noexcept : shared_(std::move(shared)) {}

  [[nodiscard]] bool is_shared() const noexcept { return shared_ != nullptr; }
  /// REQUIRES: !is_shared().
  [[nodiscard]] resp::ByteBuffer& own() noexcept { return own_; }

  [[nodiscard]] std::string_view view() const noexcept {
    return is_shared() ? std::string_view(*shared_).substr(consumed_) : own_.view();
  }
  [[nodiscard]] std::size_t size() const noexcept { return view().size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  /// Memory that is held for this client alone.
  [[nodiscard]] std::size_t own_bytes() const noexcept { return own_.capacity(); }

  /// Drops bytes at the front. REQUIRES: size <= this->size().
  void consume(std::size_t size) noexcept {
    if (is_shared()) {
      consumed_ += size;
    } else {
      own_.consume(size);
    }
  }

 private:
  resp::ByteBuffer own_;
  SharedBytes shared_;
  std::size_t consumed_ = 0;  // of the shared bytes
};

}  // namespace slotway::session
