#include "resp/reply_scanner.h"

#include <cstring>

#include "resp/length.h"

namespace slotway::resp {

namespace {

// A bulk longer than this cannot come from a real server (proto-max-bulk-len is 512 MB by default).
constexpr std::int64_t kMaxBulkBytes = std::int64_t{1} << 36;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 32;

}  // namespace

ScanResult ReplyScanner::scan(std::string_view bytes) noexcept {
  // A whole bulk string, the reply of most requests, leaves no trace in the scanner.
  if (position_ == 0 && !bytes.empty() && bytes.front() == '$') [[likely]] {
    const char* const end = bytes.data() + bytes.size();
    std::size_t size = 0;
    const char* const body = read_short_length(bytes.data() + 1, end, size);
    if (body != nullptr && static_cast<std::size_t>(end - body) >= size + 2 &&
        std::memcmp(body + size, "\r\n", 2) == 0) [[likely]] {
      return {ScanStatus::complete, static_cast<std::size_t>(body - bytes.data()) + size + 2};
    }
  }
  while (frames_owed_ > 0) {
    const ScanStatus status = step(bytes);
    if (status == ScanStatus::complete) continue;
    if (status == ScanStatus::error) reset();
    return {status, 0};
  }
  const std::size_t consumed = position_;
  reset();
  return {ScanStatus::complete, consumed};
}

// Reads one header, and for a bulk its body; `complete` means that the scan may go on.
ScanStatus ReplyScanner::step(std::string_view bytes) noexcept {
  if (in_bulk_) {
    if (bytes.size() < position_) return ScanStatus::incomplete;
    if (bytes[position_ - 2] != '\r' || bytes[position_ - 1] != '\n') return ScanStatus::error;
    in_bulk_ = false;
    --frames_owed_;
    return ScanStatus::complete;
  }
  if (position_ >= bytes.size()) return ScanStatus::incomplete;

  const char type = bytes[position_];
  std::uint64_t children_per_element = 1;
  bool is_attribute = false;
  bool is_bulk = false;
  switch (type) {
    case '$':
    case '=':
    case '!':
      is_bulk = true;
      break;
    case '*':
    case '~':
      break;
    case '>':
      if (position_ != 0) return ScanStatus::error;  // a push is never part of another frame
      break;
    case '%':
      children_per_element = 2;
      break;
    case '|':  // describes the frame that follows it, which is still owed
      children_per_element = 2;
      is_attribute = true;
      break;
    case '+':
    case '-':
    case ':':
    case '_':
    case '#':
    case ',':
    case '(':
      return skip_line(bytes);
    default:
      return ScanStatus::error;
  }

  const Length length = read_length(bytes.substr(position_ + 1));
  if (length.status == LengthStatus::incomplete) return ScanStatus::incomplete;
  if (length.status == LengthStatus::malformed || length.value < -1) return ScanStatus::error;
  if (length.value > (is_bulk ? kMaxBulkBytes : kMaxElements)) return ScanStatus::error;
  position_ += 1 + length.consumed;

  if (is_bulk && length.value >= 0) {
    position_ += static_cast<std::size_t>(length.value) + 2;
    in_bulk_ = true;
    return ScanStatus::complete;  // the next step looks whether the body is there
  }
  if (length.value > 0) {
    frames_owed_ += static_cast<std::uint64_t>(length.value) * children_per_element;
  }
  if (!is_attribute) --frames_owed_;
  return ScanStatus::complete;
}

ScanStatus ReplyScanner::skip_line(std::string_view bytes) noexcept {
  const std::size_t from = line_scanned_ > position_ ? line_scanned_ : position_ + 1;
  if (from < bytes.size()) {
    const auto* found =
        static_cast<const char*>(std::memchr(bytes.data() + from, '\r', bytes.size() - from));
    if (found != nullptr) {
      const auto carriage_return = static_cast<std::size_t>(found - bytes.data());
      if (carriage_return + 1 >= bytes.size()) {
        line_scanned_ = carriage_return;
        return ScanStatus::incomplete;
      }
      if (bytes[carriage_return + 1] != '\n') return ScanStatus::error;
      position_ = carriage_return + 2;
      line_scanned_ = 0;
      --frames_owed_;
      return ScanStatus::complete;
    }
  }
  line_scanned_ = bytes.size() > from ? bytes.size() : from;
  return ScanStatus::incomplete;
}

ScanResult scan_frame(std::string_view bytes) noexcept {
  ReplyScanner scanner;
  return scanner.scan(bytes);
}

}  // namespace slotway::resp
