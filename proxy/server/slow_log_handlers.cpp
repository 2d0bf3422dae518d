// SLOWLOG: the requests that took this Slotway long, on all its workers.

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "command/error_texts.h"
#include "resp/encoder.h"
#include "resp/reply_writer.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

using Entries = std::vector<SlowLogEntry>;

std::size_t max_length(const Instance& instance) {
  return static_cast<std::size_t>(instance.runtime->slowlog_max_len.load());
}

std::string make_list(std::vector<Entries> lists, std::size_t count) {
  Entries all = std::move(lists.front());
  for (std::size_t i = 1; i < lists.size(); ++i) {
    std::ranges::move(lists[i], std::back_inserter(all));
  }
  std::ranges::sort(all, std::ranges::greater(), &SlowLogEntry::id);
  all.resize(std::min(all.size(), count));
  resp::ReplyWriter reply(2);  // these types are the same in RESP3
  reply.array(all.size());
  for (const SlowLogEntry& entry : all) {
    reply.array(6).integer(static_cast<std::int64_t>(entry.id));
    reply.integer(entry.unix_time_s).integer(entry.microseconds);
    reply.raw(entry.arguments).bulk(entry.address).bulk(entry.name);
  }
  return reply.take();
}

Verdict get(const Call& call) {
  constexpr std::int64_t kDefaultCount = 10;
  std::int64_t count = kDefaultCount;
  if (call.request.size() > 3) {
    return call.dispatcher.reply_error(call, command::subcommand_syntax_error(call.request));
  }
  if (call.request.size() == 3) {
    const std::string_view text = call.request[2];
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc() || after != end || count < -1) {
      return call.dispatcher.reply_error(call, "ERR count should be greater than or equal to -1");
    }
  }
  const std::size_t longest = max_length(call.dispatcher.instance());
  const std::size_t wanted =
      count == -1 ? longest : std::min(static_cast<std::size_t>(count), longest);
  return ask_all_workers<Entries>(
      call, [wanted](Dispatcher& there) { return there.slow_requests().log().newest(wanted); },
      [wanted](std::vector<Entries> lists) { return make_list(std::move(lists), wanted); });
}

Verdict length(const Call& call) {
  return ask_all_workers<std::size_t>(
      call, [](Dispatcher& there) { return there.slow_requests().log().size(); },
      [longest = max_length(call.dispatcher.instance())](const std::vector<std::size_t>& sizes) {
        std::size_t sum = 0;
        for (const std::size_t size : sizes) sum += size;
        return resp::integer_reply(static_cast<std::int64_t>(std::min(sum, longest)));
      });
}

struct Done {};

Verdict reset(const Call& call) {
  return ask_all_workers<Done>(
      call,
      [](Dispatcher& there) {
        there.slow_requests().log().clear();
        return Done();
      },
      [](const std::vector<Done>&) { return std::string(resp::kOk); });
}

constexpr std::array<HandlerBinding, 3> kBindings{{
    {"slowlog|get", get},
    {"slowlog|len", length},
    {"slowlog|reset", reset},
}};

}  // namespace

std::span<const HandlerBinding> slow_log_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
