#include "server/latency_events.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>

using slotway::server::draw_latency;
using slotway::server::LatencyEvents;
using slotway::server::LatencySample;
using slotway::server::LatencySeries;
using slotway::server::report_latency;

namespace {

LatencySeries series_of(std::initializer_list<LatencySample> samples) {
  LatencySeries series;
  for (const LatencySample& sample : samples) series.add(sample);
  return series;
}

}  // namespace

TEST_CASE("of each second the longest time is kept") {
  const LatencySeries series = series_of({{10, 5}, {10, 9}, {10, 7}, {11, 3}});
  CHECK(series.samples() == std::deque<LatencySample>{{10, 9}, {11, 3}});
  CHECK(series.highest() == 9);
}

TEST_CASE("the last 160 seconds are kept, the highest time for ever") {
  LatencySeries series;
  series.add({0, 1000});
  for (std::int64_t second = 1; second <= 200; ++second) series.add({second, second});
  CHECK(series.samples().size() == 160);
  CHECK(series.samples().front() == LatencySample{41, 41});
  CHECK(series.highest() == 1000);
}

TEST_CASE("series of several workers become one in order of time") {
  LatencySeries series = series_of({{10, 5}, {12, 1}});
  series.merge(series_of({{9, 2}, {10, 8}, {11, 3}}));
  CHECK(series.samples() == std::deque<LatencySample>{{9, 2}, {10, 8}, {11, 3}, {12, 1}});
  CHECK(series.highest() == 8);
  LatencySeries empty;
  empty.merge(series);
  CHECK(empty.samples() == series.samples());
  CHECK(empty.highest() == 8);
}

TEST_CASE("a series is drawn as Redis draws it") {
  const std::string title =
      "command - high 500 ms, low 100 ms (all time high 500 ms)\n" + std::string(80, '-') + "\n";
  CHECK(draw_latency("command", series_of({{0, 100}, {3590, 200}, {3595, 500}, {3599, 300}}),
                     3600) == title +
                                  "  # \n"
                                  "  |_\n"
                                  " _||\n"
                                  "_|||\n"
                                  "    \n"
                                  "1151\n"
                                  "h0ss\n"
                                  " s  \n");
}

TEST_CASE("one sample is drawn at the bottom, more than a line has room for on several") {
  CHECK(draw_latency("e", series_of({{0, 7}}), 90'000) ==
        "e - high 7 ms, low 7 ms (all time high 7 ms)\n" + std::string(80, '-') +
            "\n \n \n \n_\n \n1\nd\n");
  LatencySeries many;
  for (std::int64_t second = 0; second < 160; ++second) many.add({second, 1});
  const std::string graph = draw_latency("e", many, 160);
  CHECK(graph.find("\n\n") != std::string::npos);
  CHECK_FALSE(graph.ends_with("\n\n"));
}

TEST_CASE("the report says whether anything was watched, and how bad it was") {
  CHECK(report_latency({}, false).find("Latency monitoring is disabled") != std::string::npos);
  CHECK(report_latency({}, true).find("no latency spike was observed") != std::string::npos);
  const LatencyEvents events{{"command", series_of({{10, 100}, {20, 300}})}};
  CHECK(report_latency(events, true)
            .find("1. command: 2 latency spikes (average 200ms, mean deviation 100ms, period 5.00 "
                  "sec). "
                  "Worst all time event 300ms.\n") != std::string::npos);
}
