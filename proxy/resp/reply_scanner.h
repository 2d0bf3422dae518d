#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slotway::resp {

enum class ScanStatus : std::uint8_t { complete, incomplete, error };

struct ScanResult {
  ScanStatus status;
  /// Size of the frame in bytes; meaningful only when the status is `complete`.
  std::size_t consumed;
};

/// Finds where a RESP2 or RESP3 reply frame ends, without building a value of it.
///
/// Nesting costs nothing: a frame is complete when no child frame is owed any more, so one counter
/// of owed frames replaces a stack, and no depth can exhaust memory. The scanner is resumable:
/// after `incomplete` the caller keeps the bytes, appends what arrives next and calls again; bytes
/// already understood are not looked at twice. Streamed types (`$?`, `*?`) are refused: no server
/// sends them. https://redis.io/docs/latest/develop/reference/protocol-spec/
class ReplyScanner {
 public:
  /// `bytes` begins with the first byte of the frame, however often the scan was resumed.
  /// After `complete` and `error` the scanner is ready for the next frame.
  [[nodiscard]] ScanResult scan(std::string_view bytes) noexcept;

  /// After `incomplete`: how long the frame is at least, as far as its announced lengths tell.
  [[nodiscard]] std::size_t least_size() const noexcept { return position_; }

  void reset() noexcept { *this = ReplyScanner(); }

 private:
  [[nodiscard]] ScanStatus step(std::string_view bytes) noexcept;
  [[nodiscard]] ScanStatus skip_line(std::string_view bytes) noexcept;

  std::size_t position_ = 0;       // first byte of the next header, or the end of an awaited bulk
  std::size_t line_scanned_ = 0;   // an unfinished line is known to hold no CR before this offset
  std::uint64_t frames_owed_ = 1;  // frames to come until the whole is complete
  bool in_bulk_ = false;  // position_ is the end of a bulk whose bytes have not all arrived
};

/// Scans one frame at the start of `bytes`.
[[nodiscard]] ScanResult scan_frame(std::string_view bytes) noexcept;

}  // namespace slotway::resp
