#include "admin/process_usage.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <memory>

namespace slotway::admin {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<double> count_open_fds() {
  // From Linux 6.2 on the folder's size is the number of open descriptors: one call where counting
  // would walk every client's entry. Before, the size is 0 (Documentation/filesystems/proc.rst).
  struct stat folder_facts{};
  if (::stat("/proc/self/fd", &folder_facts) != 0) return std::nullopt;
  if (folder_facts.st_size > 0) return static_cast<double>(folder_facts.st_size);

  struct CloseDirectory {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, CloseDirectory> folder(::opendir("/proc/self/fd"));
  if (!folder) return std::nullopt;
  std::uint64_t entries = 0;
  while (::readdir(folder.get()) != nullptr) ++entries;
  constexpr std::uint64_t kNotCounted = 3;  // ".", ".." and the descriptor that reads the folder
  return static_cast<double>(entries > kNotCounted ? entries - kNotCounted : 0);
}

}  // namespace

ProcessUsage read_process_usage() {
  ProcessUsage usage;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  std::ifstream statm("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  if (statm >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
    usage.virtual_bytes = virtual_pages * page_bytes;
    usage.resident_bytes = resident_pages * page_bytes;
  }
  usage.open_fds = count_open_fds();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    usage.max_fds = limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                                    : static_cast<double>(limit.rlim_cur);
  }
  return usage;
}

}  // namespace slotway::admin
