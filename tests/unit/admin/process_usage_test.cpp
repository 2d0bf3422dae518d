#include "admin/process_usage.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <vector>

using slotway::admin::ProcessUsage;
using slotway::admin::read_process_usage;

TEST_CASE("open descriptors are counted exactly") {
  const auto before = read_process_usage().open_fds;
  REQUIRE(before);
  constexpr int kMore = 5;
  std::vector<int> opened;
  for (int number = 0; number < kMore; ++number) opened.push_back(::dup(0));
  CHECK(read_process_usage().open_fds == *before + kMore);
  for (const int fd : opened) ::close(fd);
  CHECK(read_process_usage().open_fds == before);
}

TEST_CASE("memory and the descriptor limit are what the kernel says") {
  const ProcessUsage usage = read_process_usage();
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(usage.max_fds == static_cast<double>(limit.rlim_cur));
  REQUIRE(usage.resident_bytes);
  REQUIRE(usage.virtual_bytes);
  CHECK(*usage.resident_bytes > 1024 * 1024);
  CHECK(*usage.virtual_bytes >= *usage.resident_bytes);

  constexpr std::size_t kBlock = 64UL * 1024 * 1024;
  const std::string touched(kBlock, 'x');
  CHECK(*read_process_usage().resident_bytes >= *usage.resident_bytes + 0.9 * kBlock);
  CHECK(touched.back() == 'x');
}

TEST_CASE("CPU time grows with work") {
  const double before = read_process_usage().cpu_seconds;
  volatile unsigned sink = 0;
  while (read_process_usage().cpu_seconds < before + 0.02) sink = sink + 1;
  CHECK(read_process_usage().cpu_seconds > before);
}
