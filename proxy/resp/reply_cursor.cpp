#include "resp/reply_cursor.h"

#include "resp/length.h"
#include "resp/reply_scanner.h"

namespace slotway::resp {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

enum class Shape : std::uint8_t { line, bulk, aggregate, unknown };

Shape shape_of(char type) noexcept {
  switch (type) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '(':
    case '#':
    case '_':
      return Shape::line;
    case '$':
    case '=':
    case '!':
      return Shape::bulk;
    case '*':
    case '~':
    case '%':
    case '>':
      return Shape::aggregate;
    default:
      return Shape::unknown;
  }
}

}  // namespace

std::optional<ReplyValue> ReplyCursor::next() noexcept {
  if (rest_.empty()) return std::nullopt;
  ReplyValue value{.type = rest_.front()};
  const Shape shape = shape_of(value.type);
  if (shape == Shape::unknown) return std::nullopt;
  if (shape == Shape::line) {
    const std::size_t end = rest_.find(kLineEnd);
    if (end == std::string_view::npos) return std::nullopt;
    value.text = rest_.substr(1, end - 1);
    value.is_null = value.type == '_';
    rest_.remove_prefix(end + kLineEnd.size());
    return value;
  }
  const Length length = read_length(rest_.substr(1));
  if (length.status != LengthStatus::complete) return std::nullopt;
  const std::string_view after = rest_.substr(1 + length.consumed);
  if (length.value < 0) {
    value.is_null = true;
    rest_ = after;
    return value;
  }
  const auto count = static_cast<std::size_t>(length.value);
  if (shape == Shape::aggregate) {
    value.elements = value.type == '%' ? 2 * count : count;
    rest_ = after;
    return value;
  }
  if (after.size() < kLineEnd.size() || count > after.size() - kLineEnd.size()) return std::nullopt;
  value.text = after.substr(0, count);
  rest_ = after.substr(count + kLineEnd.size());
  return value;
}

std::string_view ReplyCursor::next_frame() noexcept {
  const ScanResult scanned = scan_frame(rest_);
  if (scanned.status != ScanStatus::complete) return {};
  const std::string_view frame = rest_.substr(0, scanned.consumed);
  rest_.remove_prefix(scanned.consumed);
  return frame;
}

}  // namespace slotway::resp
