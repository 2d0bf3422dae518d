#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "resp/byte_buffer.h"

namespace slotway::resp {

/// What is left of a stream's input when its last message has not arrived completely.
///
/// Streams are read into one buffer that all streams of a worker share. A small remainder is copied
/// to its front before the next read, so that parsers always see one run of bytes; a large message
/// grows in a buffer of its own, into which the socket is read directly. Growth follows the bytes
/// that have come, never a length the peer announced.
class PartialInput {
 public:
  [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return kept_.capacity(); }
  [[nodiscard]] std::string_view view() const noexcept { return kept_.view(); }

  /// Where the next read goes. `least_size` is the message's known size so far (0: unknown).
  [[nodiscard]] std::span<char> room(std::span<char> shared, std::size_t least_size) {
    in_shared_ = kept_.size() <= shared.size() / 4 && least_size <= shared.size();
    if (in_shared_) {
      if (!kept_.empty()) std::memcpy(shared.data(), kept_.view().data(), kept_.size());
      shared_ = shared.data();
      return shared.subspan(kept_.size());
    }
    const std::size_t missing = least_size > kept_.size() ? least_size - kept_.size() : 0;
    const std::size_t step = kept_.size() > shared.size() ? kept_.size() : shared.size();
    if (missing == 0) return kept_.prepare(shared.size());
    // Reading no further than the message's end lets its buffer be handed on as a whole.
    const std::span<char> free_space = kept_.prepare(missing < step ? missing : step);
    return free_space.first(missing < free_space.size() ? missing : free_space.size());
  }

  /// All unconsumed bytes after a read of `size` bytes into the room; valid until `keep`.
  [[nodiscard]] std::string_view arrived(std::size_t size) noexcept {
    if (in_shared_) return {shared_, kept_.size() + size};
    kept_.commit(size);
    return kept_.view();
  }

  /// Ends a round: the first `consumed` of the arrived bytes are done with.
  void keep(std::string_view arrived, std::size_t consumed) {
    if (!in_shared_) {
      kept_.consume(consumed);
    } else if (consumed == arrived.size()) {
      kept_.clear();
    } else if (consumed > 0 || kept_.empty()) {
      ByteBuffer rest;
      rest.append(arrived.substr(consumed));
      kept_ = std::move(rest);
    } else {
      kept_.append(arrived.substr(kept_.size()));
    }
    if (kept_.empty() && kept_.capacity() > kKeptCapacity) kept_ = ByteBuffer();
  }

  /// Drops bytes of what was kept, outside of a read.
  void consume(std::size_t size) noexcept { kept_.consume(size); }

  /// Takes the buffer out. REQUIRES: its content is one message.
  [[nodiscard]] ByteBuffer take() noexcept { return std::exchange(kept_, ByteBuffer()); }

  /// True if the arrived bytes stand in a buffer of their own.
  [[nodiscard]] bool in_own_buffer() const noexcept { return !in_shared_; }
  [[nodiscard]] ByteBuffer& own_buffer() noexcept { return kept_; }

 private:
  static constexpr std::size_t kKeptCapacity = 4096;

  ByteBuffer kept_;
  char* shared_ = nullptr;
  bool in_shared_ = true;
};

}  // namespace slotway::resp
