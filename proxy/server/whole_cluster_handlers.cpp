// Commands without keys that concern the whole data set, and that no response policy can merge:
// RANDOMKEY, LASTSAVE, SCRIPT KILL, FUNCTION KILL and STATS, MEMORY STATS, DOCTOR and MALLOC-STATS.

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "command/error_texts.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/memory_stats.h"
#include "server/node_survey.h"
#include "server/reply_text.h"

namespace slotway::server {

using session::Verdict;

namespace {

// --- RANDOMKEY
// -------------------------------------------------------------------------------------

constexpr std::string_view kDbsize = "*1\r\n$6\r\nDBSIZE\r\n";

/// Asks all shards how many keys they have, draws one accordingly and asks that one for a key. A
/// shard that turns out to have none (they expired) is left out of the next draw.
class RandomKeyWork final : public Work {
 public:
  RandomKeyWork(std::string request, std::vector<cluster::Slot> shards)
      : request_(std::move(request)), shards_(std::move(shards)), sizes_(shards_.size(), 0) {}

  [[nodiscard]] bool only_reads() const noexcept override { return true; }

  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) override {
    if (reply.is_error()) return context.finish(std::string(reply.bytes));
    if (answered_ == shards_.size()) return take_key(context, part, reply.bytes);
    const std::string_view digits = reply.bytes.substr(1);
    std::from_chars(digits.data(), digits.data() + digits.size(), sizes_[part]);
    if (++answered_ == shards_.size()) draw(context);
  }
  void on_failure(WorkContext& context, std::uint16_t /*part*/,
                  std::string_view error_text) override {
    context.finish(resp::error_reply(error_text));
  }

 private:
  void take_key(WorkContext& context, std::uint16_t part, std::string_view reply) {
    if (const auto value = resp::ReplyCursor(reply).next(); value && !value->is_null) {
      return context.finish(std::string(reply));
    }
    sizes_[part] = 0;
    draw(context);
  }

  void draw(WorkContext& context) {
    if (std::ranges::all_of(sizes_, [](std::uint64_t size) { return size == 0; })) {
      return context.finish(resp::ReplyWriter(context.protocol()).null().take());
    }
    std::discrete_distribution<std::size_t> shard(sizes_.begin(), sizes_.end());
    const std::size_t chosen = shard(random_);
    context.send(static_cast<std::uint16_t>(chosen), {.slot = shards_[chosen], .bytes = request_});
  }

  const std::string request_;
  const std::vector<cluster::Slot> shards_;
  std::vector<std::uint64_t> sizes_;
  std::size_t answered_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

Verdict random_key(const Call& call) {
  const auto shards = call.dispatcher.shard_slots();
  std::vector<Part> parts;
  for (const cluster::Slot shard : shards) parts.push_back({shard, kDbsize});
  auto work = std::make_unique<RandomKeyWork>(
      std::string(call.request.bytes()), std::vector<cluster::Slot>(shards.begin(), shards.end()));
  return call.dispatcher.start(call, std::move(work), parts);
}

// --- Scripts and functions
// ---------------------------------------------------------------------------

constexpr std::string_view kNothingRuns = "-NOTBUSY";

// The kill has to overtake the script, which holds up the shared connection it came on.
Verdict kill_script(const Call& call) {
  return ask_nodes(call, {std::string(call.request.bytes()), Surveyed::aside},
                   [](std::vector<NodeReply>& replies, int /*protocol*/) {
                     const auto killed = std::ranges::find(replies, false, &NodeReply::is_error);
                     if (killed != replies.end()) return killed->bytes;
                     // "It has written and cannot be killed" tells more than "nothing runs here".
                     const auto telling = std::ranges::find_if(replies, [](const NodeReply& reply) {
                       return !reply.bytes.starts_with(kNothingRuns);
                     });
                     return (telling != replies.end() ? *telling : replies.front()).bytes;
                   });
}

// All shards have the same libraries, but a function runs on one of them.
Verdict function_stats(const Call& call) {
  return ask_nodes(call, {std::string(call.request.bytes()), Surveyed::aside, true},
                   [name = command::display_name(call.command)](std::vector<NodeReply>& replies,
                                                                int /*protocol*/) {
                     if (std::string error = error_of(replies, name); !error.empty()) return error;
                     for (NodeReply& reply : replies) {
                       resp::ReplyCursor cursor(reply.bytes);
                       const auto outer = cursor.next();
                       const auto first_name = cursor.next();
                       const auto running = cursor.next();
                       const bool is_running = outer && first_name && running && !running->is_null;
                       if (is_running) return std::move(reply.bytes);
                     }
                     return std::move(replies.front().bytes);
                   });
}

// --- Memory and disk
// -----------------------------------------------------------------------------------

Verdict memory_stats(const Call& call) {
  return ask_nodes(
      call, {std::string(call.request.bytes()), Surveyed::shards, true},
      [name = command::display_name(call.command)](std::vector<NodeReply>& replies, int protocol) {
        if (std::string error = error_of(replies, name); !error.empty()) return error;
        std::vector<std::string_view> frames;
        for (const NodeReply& reply : replies) frames.push_back(reply.bytes);
        auto merged = merge_memory_stats(frames, protocol);
        return merged ? std::move(*merged)
                      : resp::error_reply("ERR slotway: the replies to " + name +
                                          " cannot be understood");
      });
}

// Texts for people: one if all nodes say the same, else each with the name of its node.
Verdict join_texts(const Call& call) {
  return ask_nodes(
      call, {std::string(call.request.bytes()), Surveyed::shards, true},
      [name = command::display_name(call.command)](std::vector<NodeReply>& replies, int protocol) {
        if (std::string error = error_of(replies, name); !error.empty()) return error;
        const bool all_alike = std::ranges::all_of(
            replies, [&](const NodeReply& reply) { return reply.bytes == replies.front().bytes; });
        if (all_alike) return std::move(replies.front().bytes);
        std::string text;
        for (const NodeReply& reply : replies) {
          text.append("# ").append(reply.node).append("\n").append(text_of(reply.bytes));
          if (!text.ends_with('\n')) text.push_back('\n');
        }
        return resp::ReplyWriter(protocol).verbatim(text).take();
      });
}

// What is on no disk yet begins where the first shard stopped saving.
Verdict last_save(const Call& call) {
  return call.dispatcher.fan_out(call, routing::MergePolicy::minimum);
}

constexpr std::array<HandlerBinding, 8> kBindings{{
    {"function|kill", kill_script},
    {"function|stats", function_stats},
    {"lastsave", last_save},
    {"memory|doctor", join_texts},
    {"memory|malloc-stats", join_texts},
    {"memory|stats", memory_stats},
    {"randomkey", random_key},
    {"script|kill", kill_script},
}};

}  // namespace

std::span<const HandlerBinding> whole_cluster_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
