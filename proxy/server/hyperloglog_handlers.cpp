// PFCOUNT of keys in several slots: a HyperLogLog is a string, so the strings are fetched, merged
// and counted here as the server would.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "routing/hyperloglog.h"
#include "server/collect_work.h"
#include "server/cross_slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using routing::HyperLogLog;
using session::Verdict;

namespace {

// hyperloglog.c of redis-server has these words.
constexpr std::string_view kNotOne = "WRONGTYPE Key is not a valid HyperLogLog string value.";
constexpr std::string_view kCorrupted = "INVALIDOBJ Corrupted HLL object detected";

class HyperLogLogWork final : public CollectWork {
 public:
  using CollectWork::CollectWork;

 protected:
  std::string combine(WorkContext&) override {
    const std::string error = merge_until(parts());
    return error.empty() ? resp::integer_reply(static_cast<std::int64_t>(all_->count())) : error;
  }

  // The first key that cannot be counted decides, as it does on a server.
  std::string combine_failure(const Failure& first, std::size_t failed) override {
    const std::string error = merge_until(first.part);
    return error.empty() ? CollectWork::combine_failure(first, failed) : error;
  }

 private:
  /// Returns the error reply for the first part before `end` that is no HyperLogLog, if there is
  /// one.
  std::string merge_until(std::size_t end) {
    for (std::size_t part = 0; part < end; ++part) {
      const auto value = resp::ReplyCursor(reply(part)).next();
      if (!value) return impossible_reply();
      if (value->is_null) continue;  // counts as empty
      switch (all_->merge(value->text)) {
        case HyperLogLog::Merge::merged:
          break;
        case HyperLogLog::Merge::not_one:
          return resp::error_reply(kNotOne);
        case HyperLogLog::Merge::corrupted:
          return resp::error_reply(kCorrupted);
      }
    }
    return "";
  }

  std::unique_ptr<HyperLogLog> all_ = std::make_unique<HyperLogLog>();
};

Verdict pfcount(const Call& call) {
  if (!may_read_across_slots(call)) return refuse_cross_slot(call);
  const DistinctKeys distinct = distinct_keys_of(call, key_positions_of(call));
  if (distinct.keys.size() > CollectWork::kMostParts) return refuse_too_many_keys(call);
  PartList parts;
  for (const std::string_view key : distinct.keys) {
    parts.add(cluster::slot_of(key), std::array<std::string_view, 2>{"GET", key});
  }
  auto work =
      std::make_unique<HyperLogLogWork>(call.command.name, parts.size(), cross_slot_limit(call));
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

constexpr std::array<HandlerBinding, 1> kBindings{{{"pfcount", pfcount}}};

}  // namespace

std::span<const HandlerBinding> hyperloglog_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
