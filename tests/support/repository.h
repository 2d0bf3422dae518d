#pragma once

#include <filesystem>

namespace slotway::test {

/// The checkout that the running test was built in: its files are found from where the executable
/// lies, since __FILE__ may be relative to the folder of the build (ccache's base_dir makes it so).
inline std::filesystem::path repository() {
  std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  while (!std::filesystem::exists(folder / "config" / "slotway.yaml")) {
    if (folder == folder.root_path()) return {};
    folder = folder.parent_path();
  }
  return folder;
}

}  // namespace slotway::test
