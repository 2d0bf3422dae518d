#include "server/latency_histogram_merge.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using slotway::server::merge_latency_histograms;
using namespace std::string_view_literals;

TEST_CASE("calls that took at most so long are added up, whatever limits a node names") {
  const std::array<std::string_view, 2> replies{
      "%1\r\n$3\r\nset\r\n%2\r\n$5\r\ncalls\r\n:10\r\n$14\r\nhistogram_usec\r\n%2\r\n:1\r\n:4\r\n:"
      "4\r\n"
      ":10\r\n",
      "%2\r\n$3\r\nget\r\n%2\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n%1\r\n:8\r\n:1\r\n"
      "$3\r\nset\r\n%2\r\n$5\r\ncalls\r\n:3\r\n$14\r\nhistogram_usec\r\n%2\r\n:2\r\n:2\r\n:8\r\n:"
      "3\r\n"};
  CHECK(merge_latency_histograms(replies, 3) ==
        "%2\r\n$3\r\nget\r\n%2\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n%1\r\n:8\r\n:1\r\n"
        "$3\r\nset\r\n%2\r\n$5\r\ncalls\r\n:13\r\n$14\r\nhistogram_usec\r\n%4\r\n:1\r\n:4\r\n:"
        "2\r\n:6\r\n"
        ":4\r\n:12\r\n:8\r\n:13\r\n");
}

TEST_CASE("in RESP2 maps are arrays") {
  const std::array<std::string_view, 2> replies{
      "*2\r\n$3\r\nset\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n*2\r\n:1\r\n:1\r\n",
      "*0\r\n"};
  CHECK(merge_latency_histograms(replies, 2) == replies[0]);
}

TEST_CASE("what is no histogram is not taken for one") {
  for (const std::string_view reply :
       {"$3\r\nset\r\n"sv, "*1\r\n$3\r\nset\r\n"sv, "*2\r\n$3\r\nset\r\n:1\r\n"sv, "+OK\r\n"sv,
        "*2\r\n$3\r\nset\r\n*2\r\n$5\r\ncalls\r\n$1\r\nx\r\n"sv}) {
    CAPTURE(reply);
    const std::array<std::string_view, 1> replies{reply};
    CHECK_FALSE(merge_latency_histograms(replies, 2).has_value());
  }
}
