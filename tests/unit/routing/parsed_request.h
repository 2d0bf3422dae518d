#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resp/encoder.h"
#include "resp/request_view.h"

namespace slotway::routing {

/// A request with the memory its view refers to, as a client would send it.
class ParsedRequest {
 public:
  explicit ParsedRequest(std::span<const std::string> arguments) {
    resp::append_array_header(bytes_, arguments.size());
    for (const std::string& argument : arguments) {
      resp::append_bulk_header(bytes_, argument.size());
      arguments_.push_back(
          {static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(argument.size())});
      bytes_.append(argument).append("\r\n");
    }
  }
  ParsedRequest(std::initializer_list<std::string> arguments)
      : ParsedRequest(std::span(arguments.begin(), arguments.size())) {}

  [[nodiscard]] resp::RequestView view() const { return {bytes_, arguments_}; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

  /// Positions of keys that stand at 1, 1 + step, ...
  [[nodiscard]] std::vector<std::uint32_t> key_positions(std::uint32_t step) const {
    std::vector<std::uint32_t> positions;
    for (std::uint32_t at = 1; at < arguments_.size(); at += step) positions.push_back(at);
    return positions;
  }

 private:
  std::string bytes_;
  std::vector<resp::Argument> arguments_;
};

}  // namespace slotway::routing
