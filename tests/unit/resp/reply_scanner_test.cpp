#include "resp/reply_scanner.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/feeding.h"
#include "support/reply_grammar.h"

using slotway::resp::ReplyScanner;
using slotway::resp::scan_frame;
using slotway::resp::ScanResult;
using slotway::resp::ScanStatus;
using slotway::test::for_each_way_to_arrive;
using slotway::test::FrameOracle;
using slotway::test::Pieces;
using slotway::test::printable;
using slotway::test::ReplyMaker;

namespace {

// The sizes of the frames found in a stream; -1 at the end for an error, 0 for an unfinished frame.
std::vector<long long> scan_stream(const Pieces& pieces) {
  std::vector<long long> sizes;
  ReplyScanner scanner;
  std::string kept;
  for (const std::string_view piece : pieces) {
    kept = std::string(kept).append(piece);  // in a new place
    while (!kept.empty()) {
      const ScanResult scanned = scanner.scan(kept);
      if (scanned.status == ScanStatus::incomplete) break;
      if (scanned.status == ScanStatus::error) {
        sizes.push_back(-1);
        return sizes;
      }
      sizes.push_back(static_cast<long long>(scanned.consumed));
      kept.erase(0, scanned.consumed);
    }
  }
  if (!kept.empty()) sizes.push_back(0);
  return sizes;
}

void check_everywhere(std::string_view bytes, const std::vector<long long>& sizes) {
  for_each_way_to_arrive(bytes, [&](const Pieces& pieces) {
    CHECK_MESSAGE(scan_stream(pieces) == sizes, printable(bytes));
  });
}

}  // namespace

TEST_CASE("every type of RESP2 and RESP3 is one frame") {
  for (const std::string_view frame : {"+OK\r\n",
                                       "+\r\n",
                                       "-ERR no\r\n",
                                       "-\r\n",
                                       ":-12\r\n",
                                       "$3\r\nfoo\r\n",
                                       "$0\r\n\r\n",
                                       "$-1\r\n",
                                       "*0\r\n",
                                       "*-1\r\n",
                                       "*2\r\n:1\r\n$1\r\na\r\n",
                                       "_\r\n",
                                       "#t\r\n",
                                       ",1.5\r\n",
                                       ",inf\r\n",
                                       "(12345678901234567890\r\n",
                                       "!5\r\nERR x\r\n",
                                       "=7\r\ntxt:abc\r\n",
                                       "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n",
                                       "~2\r\n:1\r\n:2\r\n",
                                       "%0\r\n",
                                       "~0\r\n",
                                       "~-1\r\n",
                                       "*1\r\n*1\r\n*1\r\n*0\r\n",
                                       ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
                                       "|1\r\n+ttl\r\n:3600\r\n$3\r\nfoo\r\n",
                                       "|0\r\n+OK\r\n",
                                       "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n",
                                       "%1\r\n+k\r\n|1\r\n+a\r\n*1\r\n:1\r\n+v\r\n"}) {
    check_everywhere(frame, {static_cast<long long>(frame.size())});
    CHECK(FrameOracle::frame_size(frame) == frame.size());
  }
}

TEST_CASE("frames that follow one another are told apart") {
  check_everywhere("+OK\r\n$3\r\nfoo\r\n:1\r\n*1\r\n+a\r\n-ERR\r\n", {5, 9, 4, 8, 6});
}

TEST_CASE("an unfinished frame waits for its rest") {
  check_everywhere("+OK", {0});
  check_everywhere("$3\r\nfoo\r", {0});
  check_everywhere("*2\r\n:1\r\n", {0});
  check_everywhere("|1\r\n+a\r\n+b\r\n", {0});
  check_everywhere("%1\r\n+a\r\n", {0});
  check_everywhere("*1", {0});
}

TEST_CASE("bytes that no reply can have are an error") {
  for (const std::string_view bytes :
       {"hello", "\r\n", "\n", "?\r\n", "@1\r\n", "&\r\n", "*1\r\nx\r\n", "+OK\rx", "+OK\r\r\n",
        "-ERR\r-", ":1\r:", "$3\r\nfoobar", "$3\r\nfoo\n\n", "$0\r\nx\r\n", "$03\r\n", "$+3\r\n",
        "$ 3\r\n", "$3 \r\n", "$-2\r\n", "*-2\r\n", "*01\r\n", "*x\r\n", "*\r\n", "$\r\n",
        "$9223372036854775807\r\n", "$18446744073709551616\r\n", "*9223372036854775807\r\n",
        "$99999999999\r\n", "*4294967297\r\n", "*1\r\n>1\r\n+a\r\n", "%1\r\n>0\r\n",
        // Streamed types: specified for RESP3, sent by no server.
        "$?\r\n", "*?\r\n", "%?\r\n", "~?\r\n", ";4\r\n", ".\r\n"}) {
    check_everywhere(bytes, {-1});
  }
}

TEST_CASE("a scanner that has seen an error is ready for another stream") {
  ReplyScanner scanner;
  CHECK(scanner.scan("*2\r\n:1\r\nx").status == ScanStatus::error);
  const ScanResult next = scanner.scan("+OK\r\n");
  CHECK(next.status == ScanStatus::complete);
  CHECK(next.consumed == 5);
}

TEST_CASE("a million levels of nesting are scanned in place") {
  for (const std::string_view level :
       {"*1\r\n", "~1\r\n", "|0\r\n", "*2\r\n:1\r\n", "%1\r\n+k\r\n"}) {
    std::string bytes;
    for (int depth = 0; depth < 1'000'000; ++depth) bytes += level;
    CHECK(scan_frame(bytes).status == ScanStatus::incomplete);
    bytes += "$-1\r\n";
    const ScanResult scanned = scan_frame(bytes);
    CHECK(scanned.status == ScanStatus::complete);
    CHECK(scanned.consumed == bytes.size());
  }
}

TEST_CASE("a large reply in small pieces is not scanned again from its start") {
  // Quadratic work would take minutes here.
  std::string bytes = "*300000\r\n";
  for (int i = 0; i < 300'000; ++i) bytes += "$3\r\nabc\r\n";
  ReplyScanner scanner;
  for (std::size_t size = 1; size < bytes.size(); size += 7) {
    REQUIRE(scanner.scan(std::string_view(bytes).substr(0, size)).status == ScanStatus::incomplete);
  }
  CHECK(scanner.scan(bytes).consumed == bytes.size());

  const std::string line = "+" + std::string(2'000'000, 'x') + "\r\n";
  for (std::size_t size = 1; size < line.size(); size += 7) {
    REQUIRE(scanner.scan(std::string_view(line).substr(0, size)).status == ScanStatus::incomplete);
  }
  CHECK(scanner.scan(line).consumed == line.size());
}

TEST_CASE("least_size grows with what is announced and is never beyond the frame") {
  ReplyScanner scanner;
  const std::string_view header = "*2\r\n$100\r\nab";
  REQUIRE(scanner.scan(header).status == ScanStatus::incomplete);
  CHECK(scanner.least_size() == 4 + 6 + 100 + 2);
  ReplyMaker maker(5);
  for (int round = 0; round < 2'000; ++round) {
    const std::string frame = maker.reply();
    ReplyScanner each;
    for (std::size_t size = 1; size < frame.size(); ++size) {
      REQUIRE(each.scan(std::string_view(frame).substr(0, size)).status == ScanStatus::incomplete);
      REQUIRE(each.least_size() <= frame.size());
    }
  }
}

TEST_CASE("random replies end where a recursive reading of them ends") {
  ReplyMaker maker(17);
  for (int round = 0; round < 20'000; ++round) {
    const std::string frame = maker.below(20) == 0 ? maker.push() : maker.reply();
    const std::string stream = frame + maker.reply();
    REQUIRE_MESSAGE(FrameOracle::frame_size(stream) == frame.size(), printable(stream));
    const ScanResult scanned = scan_frame(stream);
    REQUIRE_MESSAGE(scanned.status == ScanStatus::complete, printable(stream));
    REQUIRE_MESSAGE(scanned.consumed == frame.size(), printable(stream));
  }
}

TEST_CASE("random replies are found in every way to arrive") {
  ReplyMaker maker(19);
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    std::vector<long long> sizes;
    for (int i = 0; i < 3; ++i) {
      const std::string frame = maker.reply(2);
      stream += frame;
      sizes.push_back(static_cast<long long>(frame.size()));
    }
    check_everywhere(stream, sizes);
  }
}

TEST_CASE(
    "damaged replies are refused or accepted as by a recursive reading, however they arrive") {
  ReplyMaker maker(31);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = maker.reply(2);
    for (std::size_t changes = 1 + maker.below(3); changes > 0; --changes) {
      bytes[maker.below(bytes.size())] = "*$+-:>|%\r\n0123x"[maker.below(15)];
    }
    const auto expected = FrameOracle::frame_size(bytes);
    const ScanResult scanned = scan_frame(bytes);
    if (expected) {
      REQUIRE_MESSAGE(scanned.status == ScanStatus::complete, printable(bytes));
      REQUIRE_MESSAGE(scanned.consumed == *expected, printable(bytes));
    } else {
      REQUIRE_MESSAGE(scanned.status != ScanStatus::complete, printable(bytes));
    }
    if (round % 20 != 0) continue;
    const auto whole = scan_stream({bytes});
    for_each_way_to_arrive(bytes, [&](const Pieces& pieces) {
      REQUIRE_MESSAGE(scan_stream(pieces) == whole, printable(bytes));
    });
  }
}
