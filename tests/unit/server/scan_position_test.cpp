#include "server/scan_position.h"

#include <doctest/doctest.h>

#include <set>

using slotway::cluster::Slot;
using slotway::server::parse_cursor;
using slotway::server::scan_mark;
using slotway::server::ScanPhase;
using slotway::server::ScanPosition;
using slotway::server::to_cursor;

namespace {

Slot slot(int number) { return *Slot::from_number(number); }

}  // namespace

TEST_CASE("a position survives its way through a client") {
  for (const int number : {0, 1, 5461, 16383}) {
    for (const ScanPhase phase :
         {ScanPhase::run, ScanPhase::single, ScanPhase::leaving, ScanPhase::target}) {
      for (const std::uint64_t cursor : {1ULL, 12345ULL, (1ULL << 38U) - 1, (1ULL << 39U) - 1}) {
        const ScanPosition position{slot(number), phase, 0x1ff, cursor};
        CHECK(parse_cursor(to_cursor(position)) == position);
      }
    }
  }
}

TEST_CASE("the bits of a cursor lie where the documentation says") {
  CHECK(to_cursor({slot(1), ScanPhase::run, 0, 1}) ==
        std::to_string((1ULL << 25U) | (1ULL << 11U)));
  CHECK(to_cursor({slot(0), ScanPhase::target, 3, 1}) ==
        std::to_string((1ULL << 25U) | (3ULL << 9U) | 3));
}

TEST_CASE("a cursor of less than 2^38 on the node fits a signed number") {
  const std::string largest = to_cursor({slot(16383), ScanPhase::target, 0x1ff, (1ULL << 38U) - 1});
  CHECK(largest == std::to_string((1ULL << 63U) - 1));
}

TEST_CASE("no position looks like the end") {
  CHECK(to_cursor({}) != "0");
  CHECK(parse_cursor(to_cursor({})) == ScanPosition{});
  CHECK(parse_cursor("0") == ScanPosition{});
}

TEST_CASE("an empty cursor is the start, as in Redis") {
  CHECK(parse_cursor("") == ScanPosition{});
}

TEST_CASE("what is no unsigned 64-bit number is no cursor") {
  for (const char* text : {"a", "1a", " 1", "1 ", "-1", "0x10", "18446744073709551616", "1.0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cursor(text).has_value());
  }
  CHECK(parse_cursor("18446744073709551615").has_value());
}

TEST_CASE("marks tell processes and runs apart, and never change") {
  constexpr auto kRun = "0b2e1c6ded39daa452c8e5b45711cea88345ccb0";
  std::set<std::uint16_t> marks;
  for (int last = 0; last < 2000; ++last) {
    marks.insert(scan_mark(kRun, slot(last)));
    CHECK(scan_mark(kRun, slot(last)) < 512);
  }
  CHECK(marks.size() > 480);  // of 512: spread evenly
  CHECK(scan_mark("", slot(0)) == scan_mark("", slot(0)));
  CHECK(scan_mark(kRun, slot(5460)) == 133);
}
