#include "config/text_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace slotway::config {
namespace {

std::string reason_of(int error) { return std::generic_category().message(error); }

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { static_cast<void>(std::fclose(file)); }
};

}  // namespace

std::expected<std::string, std::string> read_text_file(const std::string& path,
                                                       std::size_t max_bytes) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (file == nullptr) return std::unexpected(reason_of(errno));
  std::string content;
  std::array<char, 4096> chunk{};
  std::size_t count = 0;
  while ((count = std::fread(chunk.data(), 1, chunk.size(), file.get())) > 0) {
    if (content.size() + count > max_bytes) {
      return std::unexpected(fmt::format("larger than {} bytes", max_bytes));
    }
    content.append(chunk.data(), count);
  }
  if (std::ferror(file.get()) != 0) return std::unexpected(reason_of(errno));
  return content;
}

}  // namespace slotway::config
