#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace slotway::resp {

/// Where one argument's bytes lie, counted from the first byte of its request. Offsets rather than
/// pointers, so that a request which arrives in pieces may move to a larger buffer in between.
struct Argument {
  std::uint32_t offset;
  std::uint32_t size;
};

/// One complete request, in place. Both the bytes and the argument list belong to whoever parsed
/// the request and stay valid only during the call that hands the view over.
class RequestView {
 public:
  RequestView(std::string_view bytes, std::span<const Argument> arguments) noexcept
      : bytes_(bytes), arguments_(arguments) {}

  /// Number of arguments, the command name included. At least 1.
  [[nodiscard]] std::size_t size() const noexcept { return arguments_.size(); }

  /// REQUIRES: index < size().
  [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept {
    const Argument argument = arguments_[index];
    return {bytes_.data() + argument.offset, argument.size};
  }

  /// The whole request as an array of bulk strings, ready to be sent to a node.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string_view bytes_;
  std::span<const Argument> arguments_;
};

}  // namespace slotway::resp
