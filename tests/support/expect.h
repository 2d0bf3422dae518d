#pragma once

#include <cstdio>
#include <cstdlib>

namespace slotway::test {

/// Ends the test program if the code under test breaks a contract that the harness itself relies
/// on. Works in unit tests and in fuzz targets alike.
inline void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "broken contract: %s\n", what);
  std::abort();
}

}  // namespace slotway::test
