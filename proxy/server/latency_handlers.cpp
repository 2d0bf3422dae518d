// LATENCY: the slow moments of this Slotway, on all its workers. Only HISTOGRAM asks the nodes.

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "command/error_texts.h"
#include "resp/encoder.h"
#include "resp/reply_writer.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/latency_histogram_merge.h"
#include "server/node_survey.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

/// Answers with what `make` makes of the events of all workers.
template <typename Make>
Verdict answer_from_events(const Call& call, Make make) {
  return ask_all_workers<LatencyEvents>(
      call, [](Dispatcher& there) { return there.slow_requests().events(); },
      [make = std::move(make)](const std::vector<LatencyEvents>& workers) {
        LatencyEvents all;
        for (const LatencyEvents& events : workers) {
          for (const auto& [name, series] : events) all[name].merge(series);
        }
        return make(all);
      });
}

std::int64_t unix_time_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Integers and arrays are the same in both protocols.
constexpr int kAnyProtocol = 2;

Verdict latest(const Call& call) {
  return answer_from_events(call, [](const LatencyEvents& events) {
    resp::ReplyWriter reply(kAnyProtocol);
    reply.array(events.size());
    for (const auto& [name, series] : events) {
      const LatencySample& last = series.samples().back();
      reply.array(4).bulk(name).integer(last.unix_time_s).integer(last.milliseconds);
      reply.integer(series.highest());
    }
    return reply.take();
  });
}

Verdict history(const Call& call) {
  return answer_from_events(
      call, [event = std::string(call.request[2])](const LatencyEvents& events) {
        resp::ReplyWriter reply(kAnyProtocol);
        const auto found = events.find(event);
        if (found == events.end()) return reply.array(0).take();
        const auto& samples = found->second.samples();
        reply.array(samples.size());
        for (const LatencySample& sample : samples) {
          reply.array(2).integer(sample.unix_time_s).integer(sample.milliseconds);
        }
        return reply.take();
      });
}

Verdict graph(const Call& call) {
  return answer_from_events(call, [event = std::string(call.request[2]),
                                   protocol = call.session.protocol](const LatencyEvents& events) {
    const auto found = events.find(event);
    if (found == events.end()) {
      return resp::error_reply("ERR No samples available for event '" + event + "'");
    }
    return resp::ReplyWriter(protocol)
        .verbatim(draw_latency(event, found->second, unix_time_s()))
        .take();
  });
}

Verdict doctor(const Call& call) {
  const bool enabled = call.dispatcher.instance().runtime->latency_monitor_threshold.load() > 0;
  return answer_from_events(
      call, [enabled, protocol = call.session.protocol](const LatencyEvents& events) {
        return resp::ReplyWriter(protocol).verbatim(report_latency(events, enabled)).take();
      });
}

using Names = std::set<std::string>;

// Which of the events there were, all if none is named.
Names forget_events(LatencyEvents& events, const Names& named) {
  Names forgotten;
  for (const auto& [name, series] : events) {
    if (named.empty() || named.contains(name)) forgotten.insert(name);
  }
  for (const std::string& name : forgotten) events.erase(name);
  return forgotten;
}

Verdict reset(const Call& call) {
  Names named;
  for (std::size_t i = 2; i < call.request.size(); ++i) named.emplace(call.request[i]);
  return ask_all_workers<Names>(
      call,
      [named](Dispatcher& there) { return forget_events(there.slow_requests().events(), named); },
      [](const std::vector<Names>& workers) {
        Names all;
        for (const Names& names : workers) all.insert(names.begin(), names.end());
        return resp::integer_reply(static_cast<std::int64_t>(all.size()));
      });
}

// The nodes measure each command for itself, which Slotway does not.
Verdict histogram(const Call& call) {
  return ask_nodes(
      call, {std::string(call.request.bytes()), Surveyed::shards, true},
      [name = command::display_name(call.command)](std::vector<NodeReply>& replies, int protocol) {
        if (std::string error = error_of(replies, name); !error.empty()) return error;
        std::vector<std::string_view> frames;
        for (const NodeReply& reply : replies) frames.push_back(reply.bytes);
        auto merged = merge_latency_histograms(frames, protocol);
        return merged ? std::move(*merged)
                      : resp::error_reply("ERR slotway: the replies to " + name +
                                          " cannot be understood");
      });
}

constexpr std::array<HandlerBinding, 6> kBindings{{
    {"latency|doctor", doctor},
    {"latency|graph", graph},
    {"latency|histogram", histogram},
    {"latency|history", history},
    {"latency|latest", latest},
    {"latency|reset", reset},
}};

}  // namespace

std::span<const HandlerBinding> latency_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
