#include "unit/command/recording.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "support/repository.h"

namespace slotway::command::test {

std::vector<Recorded> read_recording(std::string_view file_name) {
  const auto folder = slotway::test::repository() / "tests/unit/command/recordings";
  std::ifstream file(folder / file_name);
  std::vector<Recorded> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t tab = line.find('\t');
    REQUIRE_MESSAGE(tab != std::string::npos, line);
    lines.push_back({line.substr(0, tab), line.substr(tab + 1)});
  }
  REQUIRE_MESSAGE(!lines.empty(), "no recording in " << folder << "/" << file_name);
  return lines;
}

}  // namespace slotway::command::test
