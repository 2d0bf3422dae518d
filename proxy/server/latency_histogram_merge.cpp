#include "server/latency_histogram_merge.h"

#include <charconv>
#include <cstdint>
#include <map>

#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"

namespace slotway::server {

namespace {

struct Histogram {
  std::int64_t calls = 0;
  std::map<std::int64_t, std::int64_t> buckets;  ///< calls by their upper limit in microseconds
};
using Histograms = std::map<std::string, Histogram, std::less<>>;

/// The pairs of a map, which RESP2 has as an array. Nothing if there is no map next.
std::optional<std::size_t> take_map(resp::ReplyCursor& reply) {
  const auto value = reply.next();
  const bool is_map = value && !value->is_null && (value->type == '%' || value->type == '*');
  if (!is_map || value->elements % 2 != 0) return std::nullopt;
  return value->elements / 2;
}

std::optional<std::int64_t> take_number(resp::ReplyCursor& reply) {
  const auto value = reply.next();
  if (!value || value->type != ':') return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(value->text.data(), value->text.data() + value->text.size(), number);
  return number;
}

// Nodes say how many calls took at most so long; what was added by each bucket can be added up.
bool add_buckets(resp::ReplyCursor& reply, Histogram& histogram) {
  const auto buckets = take_map(reply);
  if (!buckets) return false;
  std::int64_t before = 0;
  for (std::size_t bucket = 0; bucket < *buckets; ++bucket) {
    const auto limit = take_number(reply);
    const auto up_to = take_number(reply);
    if (!limit || !up_to) return false;
    histogram.buckets[*limit] += *up_to - before;
    before = *up_to;
  }
  return true;
}

bool add_histogram(resp::ReplyCursor& reply, Histogram& histogram) {
  const auto fields = take_map(reply);
  if (!fields) return false;
  for (std::size_t field = 0; field < *fields; ++field) {
    const auto name = reply.next();
    if (!name || !name->is_string()) return false;
    if (name->text == "calls") {
      const auto calls = take_number(reply);
      if (!calls) return false;
      histogram.calls += *calls;
    } else if (name->text == "histogram_usec") {
      if (!add_buckets(reply, histogram)) return false;
    } else {
      static_cast<void>(reply.next_frame());
    }
  }
  return true;
}

bool add_reply(std::string_view bytes, Histograms& histograms) {
  resp::ReplyCursor reply(bytes);
  const auto commands = take_map(reply);
  if (!commands) return false;
  for (std::size_t command = 0; command < *commands; ++command) {
    const auto name = reply.next();
    if (!name || !name->is_string()) return false;
    if (!add_histogram(reply, histograms[std::string(name->text)])) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> merge_latency_histograms(std::span<const std::string_view> replies,
                                                    int protocol) {
  Histograms histograms;
  for (const std::string_view reply : replies) {
    if (!add_reply(reply, histograms)) return std::nullopt;
  }
  resp::ReplyWriter merged(protocol);
  merged.map(histograms.size());
  for (const auto& [name, histogram] : histograms) {
    merged.bulk(name).map(2).bulk("calls").integer(histogram.calls);
    merged.bulk("histogram_usec").map(histogram.buckets.size());
    std::int64_t up_to = 0;
    for (const auto& [limit, calls] : histogram.buckets) {
      up_to += calls;
      merged.integer(limit).integer(up_to);
    }
  }
  return merged.take();
}

}  // namespace slotway::server
