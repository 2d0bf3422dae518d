#include "cluster/quoted.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace slotway::cluster {

std::string quoted(std::string_view text) {
  constexpr std::size_t kLongest = 128;
  std::string result = "\"";
  for (const char character : text.substr(0, kLongest)) {
    if (character == '"' || character == '\\') {
      result += '\\';
      result += character;
    } else if (character >= ' ' && character < '\x7f') {
      result += character;
    } else {
      fmt::format_to(std::back_inserter(result), "\\x{:02x}",
                     static_cast<unsigned char>(character));
    }
  }
  result += text.size() > kLongest ? "...\"" : "\"";
  return result;
}

}  // namespace slotway::cluster
