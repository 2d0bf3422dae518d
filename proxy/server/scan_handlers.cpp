// SCAN and KEYS: the keys of all shards.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "command/ascii.h"
#include "resp/encoder.h"
#include "routing/pattern_slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/key_collector.h"
#include "server/key_walk.h"

namespace slotway::server {

using cluster::Slot;
using session::Verdict;

namespace {

constexpr std::string_view kInvalidCursor = "ERR invalid cursor";
constexpr std::string_view kSyntaxError = "ERR syntax error";
constexpr std::string_view kNotAnInteger = "ERR value is not an integer or out of range";

/// A call of SCAN goes on to the next shard as long as it has found fewer keys than COUNT asks for,
/// so that a few keys on many shards do not take many calls. But it ends after this many exchanges
/// with nodes.
constexpr std::size_t kMaxRounds = 16;

/// KEYS is done by scanning: a node that is asked for all its keys at once does nothing else
/// meanwhile.
constexpr std::size_t kKeysPage = 5'000;

class ScanWork final : public KeyWalk {
 public:
  ScanWork(WalkQuery query, ScanPosition from) : KeyWalk(std::move(query), from), wanted_(0) {}
  void want(std::size_t keys) {
    wanted_ = keys;
    set_page_size(keys);
  }

 private:
  void take(std::string_view key) override {
    resp::append_bulk(keys_, key);
    ++found_;
    set_page_size(std::max<std::size_t>(wanted_ - std::min(found_, wanted_), 1));
  }
  // Within a run each call is one call of the node's SCAN, empty pages included, as a single Redis
  // has them. Pages of single slots are mostly empty and not worth a client's time.
  bool pauses() const override {
    const bool within_run = position().phase == ScanPhase::run && position().node_cursor != 0;
    return within_run || found_ >= wanted_ || rounds() >= kMaxRounds;
  }
  std::string make_reply(int /*protocol*/) override {
    std::string reply;
    resp::append_array_header(reply, 2);
    resp::append_bulk(reply, finished() ? "0" : to_cursor(position()));
    resp::append_array_header(reply, found_);
    return reply.append(keys_);
  }

  std::size_t wanted_;
  std::size_t found_ = 0;
  std::string keys_;
};

class KeysWork final : public KeyWalk {
 public:
  KeysWork(WalkQuery query, ScanPosition from, std::uint64_t limit_bytes)
      : KeyWalk(std::move(query), from), keys_(limit_bytes), limit_bytes_(limit_bytes) {}

 private:
  void take(std::string_view key) override { keys_.add(key); }
  bool pauses() const override { return keys_.overflown(); }
  std::string make_reply(int /*protocol*/) override {
    if (!keys_.overflown()) return keys_.take_reply();
    return resp::error_reply(
        fmt::format("ERR slotway: the reply of KEYS would be larger than limits.keys_reply_limit "
                    "({} bytes); use SCAN",
                    limit_bytes_));
  }

  KeyCollector keys_;
  const std::uint64_t limit_bytes_;
};

struct ScanArguments {
  WalkQuery query;
  std::string_view error;  ///< not empty: what Redis says to them
};

ScanArguments read_arguments(const resp::RequestView& request) {
  ScanArguments arguments;
  for (std::size_t i = 2; i < request.size(); i += 2) {
    const bool has_value = i + 1 < request.size();
    if (has_value && command::equal_ignoring_case(request[i], "count")) {
      const std::string_view text = request[i + 1];
      std::int64_t count = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
      if (error != std::errc{} || end != text.data() + text.size()) {
        arguments.error = kNotAnInteger;
        return arguments;
      }
      if (count < 1) {
        arguments.error = kSyntaxError;
        return arguments;
      }
      arguments.query.count = static_cast<std::size_t>(count);
    } else if (has_value && (command::equal_ignoring_case(request[i], "match") ||
                             command::equal_ignoring_case(request[i], "type"))) {
      arguments.query.filters.emplace_back(request[i]);
      arguments.query.filters.emplace_back(request[i + 1]);
      if ((request[i].front() | 0x20) == 'm') {
        arguments.query.only_slot =
            routing::slot_of_pattern(request[i + 1]);  // the last one counts
      }
    } else {
      arguments.error = kSyntaxError;
      return arguments;
    }
  }
  return arguments;
}

Verdict scan(const Call& call) {
  const auto position = parse_cursor(call.request[1]);
  if (!position) return call.dispatcher.reply_error(call, kInvalidCursor);
  ScanArguments arguments = read_arguments(call.request);
  if (!arguments.error.empty()) return call.dispatcher.reply_error(call, arguments.error);
  ScanPosition from = *position;
  if (const auto only = arguments.query.only_slot) {
    if (from.slot < *only) from = {.slot = *only};
    if (from.slot > *only) return call.dispatcher.reply(call, "*2\r\n$1\r\n0\r\n*0\r\n");
  }
  const std::size_t count = arguments.query.count;
  auto walk = std::make_unique<ScanWork>(std::move(arguments.query), from);
  walk->want(count);
  return KeyWalk::start(call, std::move(walk));
}

Verdict keys(const Call& call) {
  const std::string_view pattern = call.request[1];
  WalkQuery query{.filters = {"MATCH", std::string(pattern)},
                  .count = kKeysPage,
                  .only_slot = routing::slot_of_pattern(pattern)};
  const ScanPosition from{.slot = query.only_slot.value_or(Slot())};
  const std::uint64_t limit = call.dispatcher.instance().settings.limits.keys_reply_limit;
  return KeyWalk::start(call, std::make_unique<KeysWork>(std::move(query), from, limit));
}

constexpr std::array<HandlerBinding, 2> kBindings{{
    {"scan", scan},
    {"keys", keys},
}};

}  // namespace

std::span<const HandlerBinding> scan_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
