#pragma once

#include <optional>

namespace slotway::admin {

/// What the kernel says this process uses; a field is empty where /proc is not there to be read.
struct ProcessUsage {
  double cpu_seconds = 0;  ///< user and system, all threads
  std::optional<double> resident_bytes;
  std::optional<double> virtual_bytes;
  std::optional<double> open_fds;
  std::optional<double> max_fds;  ///< the soft limit; +Inf for none
};

[[nodiscard]] ProcessUsage read_process_usage();

}  // namespace slotway::admin
