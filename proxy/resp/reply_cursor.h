#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace slotway::resp {

/// One value of a reply without its elements, which follow as values of their own.
struct ReplyValue {
  char type = '\0';          ///< the byte it begins with
  bool is_null = false;      ///< "_", and the null bulk strings and null arrays of RESP2
  std::size_t elements = 0;  ///< values that follow and belong to it; two for each pair of a map
  std::string_view text{};   ///< of a string, a number, an error, ...

  [[nodiscard]] bool is_list() const noexcept { return !is_null && (type == '*' || type == '~'); }
  [[nodiscard]] bool is_string() const noexcept { return !is_null && (type == '$' || type == '+'); }
  [[nodiscard]] bool is_error() const noexcept { return type == '-' || type == '!'; }
};

/// Walks through the values of a reply in the order of its bytes, with nothing built or copied: for
/// replies of which more has to be known than where they end. All views are into the reply.
class ReplyCursor {
 public:
  explicit ReplyCursor(std::string_view reply) noexcept : rest_(reply) {}

  /// The next value; nothing at the end, or where the bytes are no reply.
  [[nodiscard]] std::optional<ReplyValue> next() noexcept;

  /// The bytes of the next value with all of its elements; empty where next() would have nothing.
  [[nodiscard]] std::string_view next_frame() noexcept;

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace slotway::resp
