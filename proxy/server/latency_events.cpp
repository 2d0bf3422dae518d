#include "server/latency_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

namespace slotway::server {

void LatencySeries::add(const LatencySample& sample) {
  highest_ = std::max(highest_, sample.milliseconds);
  if (!samples_.empty() && samples_.back().unix_time_s == sample.unix_time_s) {
    samples_.back().milliseconds = std::max(samples_.back().milliseconds, sample.milliseconds);
    return;
  }
  samples_.push_back(sample);
  if (samples_.size() > kMostSamples) samples_.pop_front();
}

void LatencySeries::merge(const LatencySeries& other) {
  std::vector<LatencySample> all;
  std::ranges::merge(samples_, other.samples_, std::back_inserter(all), {},
                     &LatencySample::unix_time_s, &LatencySample::unix_time_s);
  samples_.clear();
  for (const LatencySample& sample : all) add(sample);
  highest_ = std::max(highest_, other.highest_);
}

// --- Graph ---------------------------------------------------------------------------------------

namespace {

constexpr int kColumns = 80;
constexpr int kRows = 4;
constexpr std::string_view kLevels = "_o#";  // within a row, from its bottom to its top
constexpr int kSteps = kRows * static_cast<int>(kLevels.size());

struct Bar {
  int step = 0;  // height, from 0 to kSteps - 1
  std::string label;
};

std::string age(std::int64_t seconds) {
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 24 * 3600) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / (24 * 3600));
}

char draw_bar(const Bar& bar, int row) {
  const int level = bar.step - (kRows - row - 1) * static_cast<int>(kLevels.size());
  if (level < 0) return ' ';
  return level < static_cast<int>(kLevels.size()) ? kLevels[static_cast<std::size_t>(level)] : '|';
}

// Bars side by side, an empty line, and their ages from top to bottom.
void draw_bars(std::string& out, const std::vector<Bar>& bars) {
  for (int row = 0; row < kRows; ++row) {
    for (const Bar& bar : bars) out.push_back(draw_bar(bar, row));
    out.push_back('\n');
  }
  out.append(bars.size(), ' ').push_back('\n');
  std::size_t longest = 0;
  for (const Bar& bar : bars) longest = std::max(longest, bar.label.size());
  for (std::size_t i = 0; i < longest; ++i) {
    for (const Bar& bar : bars) out.push_back(i < bar.label.size() ? bar.label[i] : ' ');
    out.push_back('\n');
  }
}

}  // namespace

std::string draw_latency(std::string_view event, const LatencySeries& series,
                         std::int64_t now_unix_s) {
  const auto [lowest, highest] =
      std::ranges::minmax(series.samples(), {}, &LatencySample::milliseconds);
  std::string graph = fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", event,
                                  highest.milliseconds, lowest.milliseconds, series.highest());
  graph.append(kColumns, '-').push_back('\n');
  const std::int64_t range = std::max<std::int64_t>(highest.milliseconds - lowest.milliseconds, 1);
  std::vector<Bar> bars;
  for (const LatencySample& sample : series.samples()) {
    const std::int64_t step = (sample.milliseconds - lowest.milliseconds) * kSteps / range;
    bars.push_back({std::min(static_cast<int>(step), kSteps - 1),
                    age(std::max<std::int64_t>(now_unix_s - sample.unix_time_s, 0))});
    if (bars.size() == kColumns) {
      draw_bars(graph, bars);
      graph.push_back('\n');
      bars.clear();
    }
  }
  if (!bars.empty()) {
    draw_bars(graph, bars);
  } else {
    graph.pop_back();  // an empty line stands between ranks of bars, not behind the last
  }
  return graph;
}

// --- Doctor --------------------------------------------------------------------------------------

namespace {

constexpr std::string_view kDisabled =
    "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You "
    "may use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we "
    "weren't in a deep space mission I'd suggest to take a look at "
    "https://redis.io/topics/latency-monitor.\n";
constexpr std::string_view kNoEvents =
    "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the "
    "slightest bit. I honestly think you ought to sit down calmly, take a stress pill, and think "
    "things over.\n";
constexpr std::string_view kEvents =
    "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, "
    "do you Dave?\n\n";
constexpr std::string_view kAdvice =
    "\nThese times are Slotway's: the way to the node and back, the node's own time and that of "
    "requests before on the same connection are part of them. SLOWLOG GET shows the requests, "
    "LATENCY DOCTOR of a node tells what the node itself has seen.\n";

std::string summary(int number, std::string_view event, const LatencySeries& series) {
  const auto& samples = series.samples();
  const auto count = static_cast<std::int64_t>(samples.size());
  std::int64_t sum = 0;
  for (const LatencySample& sample : samples) sum += sample.milliseconds;
  const std::int64_t average = sum / count;
  std::int64_t deviations = 0;
  for (const LatencySample& sample : samples) deviations += std::abs(sample.milliseconds - average);
  const auto seconds =
      static_cast<double>(samples.back().unix_time_s - samples.front().unix_time_s);
  return fmt::format(
      "{}. {}: {} latency spikes (average {}ms, mean deviation {}ms, period {:.2f} sec). Worst all "
      "time event {}ms.\n",
      number, event, count, average, deviations / count, seconds / static_cast<double>(count),
      series.highest());
}

}  // namespace

std::string report_latency(const LatencyEvents& events, bool enabled) {
  if (events.empty()) return std::string(enabled ? kNoEvents : kDisabled);
  std::string report(kEvents);
  int number = 0;
  for (const auto& [event, series] : events) report += summary(++number, event, series);
  return report.append(kAdvice);
}

}  // namespace slotway::server
