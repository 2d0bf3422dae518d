#pragma once

#include <string_view>

#include "resp/byte_buffer.h"

namespace slotway::resp {

/// One complete reply as it came from a node. The bytes are valid during the call that hands it
/// over.
struct ReplyFrame {
  std::string_view bytes;
  /// For a large reply: the buffer that holds exactly these bytes. Whoever wants to keep them may
  /// take it instead of copying. Null otherwise.
  ByteBuffer* buffer = nullptr;

  /// REQUIRES: bytes are a complete frame, hence not empty.
  [[nodiscard]] char type() const noexcept { return bytes.front(); }
  [[nodiscard]] bool is_error() const noexcept { return type() == '-' || type() == '!'; }
};

}  // namespace slotway::resp
