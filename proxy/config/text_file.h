#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace slotway::config {

/// The whole content of a file, or why there is none ("No such file or directory"). A file of more
/// than `max_bytes` is refused without being read to its end. Pipes and /dev/stdin work too.
[[nodiscard]] std::expected<std::string, std::string> read_text_file(const std::string& path,
                                                                     std::size_t max_bytes);

}  // namespace slotway::config
