// Memory follows the bytes that arrive, never a length the peer announced.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "resp/inline_arguments.h"
#include "resp/partial_input.h"
#include "resp/reply_scanner.h"
#include "resp/request_parser.h"
#include "support/feeding.h"

namespace {

struct Memory {
  std::size_t in_use = 0;
  std::size_t peak = 0;
};
Memory memory;

// Each block begins with its size, so that its end can be counted as well.
constexpr std::size_t kHeader = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) {
  auto* block = static_cast<std::size_t*>(std::malloc(size + kHeader));
  if (block == nullptr) throw std::bad_alloc();
  *block = size;
  memory.in_use += size;
  memory.peak = std::max(memory.peak, memory.in_use);
  return reinterpret_cast<char*>(block) + kHeader;
}
void operator delete(void* place) noexcept {
  if (place == nullptr) return;
  auto* block = reinterpret_cast<std::size_t*>(static_cast<char*>(place) - kHeader);
  memory.in_use -= *block;
  std::free(block);
}
void operator delete(void* place, std::size_t) noexcept { operator delete(place); }

namespace resp = slotway::resp;
using slotway::test::printable;

namespace {

template <typename Action>
std::size_t peak_of(const Action& action) {
  memory.peak = memory.in_use;
  const std::size_t before = memory.in_use;
  action();
  return memory.peak - before;
}

}  // namespace

TEST_CASE("the hook sees what is allocated") {
  CHECK(peak_of([] { CHECK(std::string(1'000'000, 'x').size() == 1'000'000); }) >= 1'000'000);
}

TEST_CASE("no announced length of a request makes the parser allocate") {
  const resp::RequestLimits limits{.max_bulk_bytes = std::int64_t{1} << 40,
                                   .max_arguments = std::int64_t{1} << 40,
                                   .max_request_bytes = std::size_t{1} << 40};
  for (const std::string_view announced :
       {"*1000000000\r\n", "*1\r\n$1000000000\r\n", "*999999999999\r\n$999999999999\r\nabc",
        "*2147483647\r\n$1\r\na\r\n", "*1048576\r\n$536870912\r\n", "*4294967296\r\n"}) {
    const std::size_t peak = peak_of([&] {
      resp::RequestParser parser;
      CHECK(parser.parse(announced, limits) == resp::ParseStatus::incomplete);
    });
    CHECK_MESSAGE(peak < 1024, printable(announced) << " took " << peak);
  }
}

TEST_CASE("the scanner allocates nothing at all") {
  std::string deep;
  for (int depth = 0; depth < 1'000'000; ++depth) deep += "*1\r\n";
  deep += "$-1\r\n";
  const std::size_t peak = peak_of([&] {
    const resp::ScanResult scanned = resp::scan_frame(deep);
    CHECK(scanned.status == resp::ScanStatus::complete);
    CHECK(scanned.consumed == deep.size());
  });
  CHECK(peak == 0);
}

TEST_CASE("a promised gigabyte of which little comes costs little") {
  std::vector<char> shared(64 * 1024);
  const std::size_t peak = peak_of([&] {
    resp::PartialInput input;
    resp::ReplyScanner scanner;
    std::string_view arriving = "$1073741824\r\n";
    for (int read = 0; read < 4; ++read) {
      const auto room = input.room(shared, input.empty() ? 0 : scanner.least_size());
      const std::size_t size = std::min(room.size(), arriving.size());
      std::copy_n(arriving.begin(), size, room.begin());
      const std::string_view bytes = input.arrived(size);
      CHECK(scanner.scan(bytes).status == resp::ScanStatus::incomplete);
      input.keep(bytes, 0);
      arriving = "some bytes of it";
    }
  });
  CHECK(peak < 256 * 1024);
}

TEST_CASE("words of an inline request cost in proportion to its line") {
  std::string line;
  while (line.size() < 64 * 1024) line += "a ";
  const std::size_t peak =
      peak_of([&] { CHECK(resp::split_inline_arguments(line)->size() == line.size() / 2); });
  CHECK(peak < 64 * line.size());
}
