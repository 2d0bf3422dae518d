// PUBSUB CHANNELS, NUMSUB, NUMPAT, SHARDCHANNELS and SHARDNUMSUB: what the clients of this Slotway
// have subscribed to, on all its workers.
//
// Not asked of the nodes: each knows its own subscribers only, those of Slotway among them, and a
// topic that a thousand clients share is one subscription there. So whoever subscribes at a node
// itself, or through another Slotway, is not counted.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "command/error_texts.h"
#include "command/glob.h"
#include "resp/reply_writer.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

using Names = std::vector<std::string>;
using Counts = std::vector<std::int64_t>;

// Each name once, however many workers have it.
Names united(std::vector<Names> lists) {
  Names all = std::move(lists.front());
  for (std::size_t i = 1; i < lists.size(); ++i)
    std::ranges::move(lists[i], std::back_inserter(all));
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

template <TopicKind kKind>
Verdict channels(const Call& call) {
  const resp::RequestView& request = call.request;
  if (request.size() > 3) {
    return call.dispatcher.reply_error(call, command::subcommand_syntax_error(request));
  }
  const bool is_every = request.size() == 2;
  return ask_all_workers<Names>(
      call,
      [is_every, pattern = std::string(is_every ? "" : request[2])](Dispatcher& there) {
        Names found;
        for (const std::string_view name : there.subscriptions().names(kKind)) {
          if (is_every || command::glob_matches(pattern, name)) found.emplace_back(name);
        }
        return found;
      },
      [protocol = call.session.protocol](std::vector<Names> lists) {
        const Names names = united(std::move(lists));
        resp::ReplyWriter reply(protocol);
        reply.array(names.size());
        for (const std::string& name : names) reply.bulk(name);
        return reply.take();
      });
}

template <TopicKind kKind>
Verdict count_subscribers(const Call& call) {
  Names names;
  for (std::size_t i = 2; i < call.request.size(); ++i) names.emplace_back(call.request[i]);
  return ask_all_workers<Counts>(
      call,
      [names](Dispatcher& there) {
        Counts counts;
        for (const std::string& name : names) {
          counts.push_back(
              static_cast<std::int64_t>(there.subscriptions().subscribers(kKind, name)));
        }
        return counts;
      },
      [names, protocol = call.session.protocol](const std::vector<Counts>& workers) {
        resp::ReplyWriter reply(protocol);
        reply.array(2 * names.size());
        for (std::size_t i = 0; i < names.size(); ++i) {
          std::int64_t sum = 0;
          for (const Counts& counts : workers) sum += counts[i];
          reply.bulk(names[i]).integer(sum);
        }
        return reply.take();
      });
}

// Patterns, not subscriptions to them: workers that have the same one count it once.
Verdict count_patterns(const Call& call) {
  return ask_all_workers<Names>(
      call,
      [](Dispatcher& there) {
        const auto patterns = there.subscriptions().names(TopicKind::pattern);
        return Names(patterns.begin(), patterns.end());
      },
      [](std::vector<Names> lists) {
        return resp::integer_reply(static_cast<std::int64_t>(united(std::move(lists)).size()));
      });
}

constexpr std::array<HandlerBinding, 5> kBindings{{
    {"pubsub|channels", channels<TopicKind::channel>},
    {"pubsub|numsub", count_subscribers<TopicKind::channel>},
    {"pubsub|numpat", count_patterns},
    {"pubsub|shardchannels", channels<TopicKind::shard_channel>},
    {"pubsub|shardnumsub", count_subscribers<TopicKind::shard_channel>},
}};

}  // namespace

std::span<const HandlerBinding> pubsub_list_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
