#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resp/encoder.h"
#include "resp/request_view.h"

namespace slotway::command::test {

/// A request made of its arguments; owns the bytes its view looks at.
class Request {
 public:
  Request(std::initializer_list<std::string_view> arguments)
      : Request(std::vector<std::string_view>(arguments)) {}

  explicit Request(const std::vector<std::string_view>& arguments) {
    resp::append_array_header(bytes_, arguments.size());
    for (const std::string_view argument : arguments) {
      resp::append_bulk(bytes_, argument);
      const std::size_t offset = bytes_.size() - argument.size() - 2;
      arguments_.push_back(
          {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(argument.size())});
    }
  }

  [[nodiscard]] resp::RequestView view() const noexcept { return {bytes_, arguments_}; }

 private:
  std::string bytes_;
  std::vector<resp::Argument> arguments_;
};

/// "GET k" as a request; words are separated by single spaces and may hold \xHH.
[[nodiscard]] inline Request request_of(std::string_view line) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ' ') {
      words.emplace_back();
    } else if (line.substr(i, 2) == "\\x") {
      words.back().push_back(
          static_cast<char>(std::stoi(std::string(line.substr(i + 2, 2)), nullptr, 16)));
      i += 3;
    } else {
      words.back().push_back(line[i]);
    }
  }
  return Request(std::vector<std::string_view>(words.begin(), words.end()));
}

}  // namespace slotway::command::test
