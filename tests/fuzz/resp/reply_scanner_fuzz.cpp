// Where a node's replies end does not depend on how they are cut, and whatever the scanner takes
// for a frame can be walked through.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "fuzz/fuzz_input.h"
#include "resp/reply_cursor.h"
#include "resp/reply_scanner.h"
#include "resp/reply_tree.h"
#include "support/expect.h"

namespace {

using slotway::resp::ReplyScanner;
using slotway::resp::ScanStatus;
using slotway::test::expect;

struct Frames {
  std::vector<std::size_t> ends;
  bool failed = false;
  friend bool operator==(const Frames&, const Frames&) = default;
};

Frames scan(std::string_view bytes, std::size_t step) {
  Frames frames;
  ReplyScanner scanner;
  std::size_t begin = 0;
  for (std::size_t arrived = step; begin < bytes.size();) {
    const std::string_view seen = bytes.substr(begin, std::min(arrived, bytes.size()) - begin);
    const auto result = scanner.scan(seen);
    if (result.status == ScanStatus::error) {
      frames.failed = true;
      return frames;
    }
    if (result.status == ScanStatus::complete) {
      expect(result.consumed > 0 && result.consumed <= seen.size(), "a frame has bytes");
      begin += result.consumed;
      frames.ends.push_back(begin);
      arrived = std::max(arrived, begin + 1);
      continue;
    }
    if (arrived >= bytes.size()) return frames;
    arrived += step;
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  slotway::test::FuzzInput input(data, size);
  const std::size_t step = 1 + input.below(32);
  const std::string_view bytes = input.rest();
  const Frames whole = scan(bytes, bytes.size() + 1);
  expect(whole == scan(bytes, step), "the cuts make no difference");
  std::size_t begin = 0;
  for (const std::size_t end : whole.ends) {
    const std::string_view frame = bytes.substr(begin, end - begin);
    slotway::resp::ReplyCursor cursor(frame);
    for (std::size_t items = 0; cursor.next(); ++items) {
      expect(items <= frame.size(), "each item has bytes of its own");
    }
    static_cast<void>(slotway::resp::ReplyTree::parse(frame));
    begin = end;
  }
  return 0;
}
