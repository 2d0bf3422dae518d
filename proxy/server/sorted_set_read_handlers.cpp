// ZUNION, ZINTER and ZDIFF of sorted sets in several slots. ZINTERCARD is with SINTERCARD in
// set_read_handlers.cpp, since it needs no scores.

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command/ascii.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "routing/member_table.h"
#include "routing/score_text.h"
#include "routing/sorted_set_algebra.h"
#include "server/collect_work.h"
#include "server/cross_slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using command::equal_ignoring_case;
using routing::Aggregate;
using routing::ScoredMember;
using routing::WeightedSet;
using session::Verdict;

namespace {

struct ScoreText {
  std::string_view member;
  std::string_view score;
};

/// Walks through a reply WITHSCORES: in RESP2 members and scores in turn, in RESP3 an array of
/// pairs. False if the reply is neither.
template <typename Visitor>
bool for_each_scored(std::string_view reply, Visitor&& visit) {
  resp::ReplyCursor cursor(reply);
  const auto list = cursor.next();
  if (!list || !list->is_list()) return false;
  while (!cursor.at_end()) {
    auto member = cursor.next();
    if (member && member->is_list() && member->elements == 2) member = cursor.next();
    const auto score = cursor.next();
    if (!member || !member->is_string() || !score) return false;
    visit(ScoreText{member->text, score->text});
  }
  return true;
}

std::optional<std::vector<ScoredMember>> scored_members_of(std::string_view reply) {
  std::vector<ScoredMember> members;
  bool all_numbers = true;
  const bool complete = for_each_scored(reply, [&](const ScoreText& item) {
    double score = 0;
    all_numbers = routing::parse_score(item.score, score) && all_numbers;
    members.push_back({item.member, score});
  });
  if (!complete || !all_numbers) return std::nullopt;
  return members;
}

/// A reply of members in order, with or without scores.
class ScoredReply {
 public:
  ScoredReply(int protocol, bool with_scores)
      : nests_(protocol == 3 && with_scores), with_scores_(with_scores), protocol_(protocol) {}

  void add(std::string_view member, std::string_view score) {
    ++members_;
    if (nests_) resp::append_array_header(elements_, 2);
    resp::append_bulk(elements_, member);
    if (!with_scores_) return;
    if (protocol_ == 3) {
      elements_.append(",").append(score).append("\r\n");
    } else {
      resp::append_bulk(elements_, score);
    }
  }

  [[nodiscard]] std::string take() const {
    std::string reply;
    resp::append_array_header(reply, with_scores_ && !nests_ ? 2 * members_ : members_);
    return reply.append(elements_);
  }

 private:
  bool nests_;
  bool with_scores_;
  int protocol_;
  std::size_t members_ = 0;
  std::string elements_;
};

// --- ZUNION and ZINTER
// -----------------------------------------------------------------------------

/// What follows the keys of ZUNION and ZINTER.
struct Options {
  std::vector<double> weights;  ///< one for each key
  Aggregate aggregate = Aggregate::sum;
  bool with_scores = false;
};

bool parse_aggregate(std::string_view word, Aggregate& aggregate) {
  static constexpr std::array<std::pair<std::string_view, Aggregate>, 3> kWords{
      {{"sum", Aggregate::sum}, {"min", Aggregate::minimum}, {"max", Aggregate::maximum}}};
  for (const auto& [name, value] : kWords) {
    if (!equal_ignoring_case(word, name)) continue;
    aggregate = value;
    return true;
  }
  return false;
}

/// Nothing for what is not understood: a wrong argument, or an option of a newer server.
std::optional<Options> parse_options(const Call& call, std::size_t keys) {
  Options options{.weights = std::vector<double>(keys, 1.0)};
  const resp::RequestView& request = call.request;
  std::size_t i = 2 + keys;
  while (i < request.size()) {
    const std::size_t left = request.size() - i - 1;
    if (equal_ignoring_case(request[i], "withscores")) {
      options.with_scores = true;
      i += 1;
    } else if (equal_ignoring_case(request[i], "aggregate") && left >= 1) {
      if (!parse_aggregate(request[i + 1], options.aggregate)) return std::nullopt;
      i += 2;
    } else if (equal_ignoring_case(request[i], "weights") && left >= keys) {
      for (std::size_t key = 0; key < keys; ++key) {
        if (!routing::parse_score(request[i + 1 + key], options.weights[key])) return std::nullopt;
      }
      i += 1 + keys;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

using Operation = std::vector<ScoredMember> (*)(std::span<const WeightedSet>, Aggregate);

/// Each part fetches one key with its scores.
class SortedSetWork final : public CollectWork {
 public:
  /// `part_of_key` says which part fetched each key of the request.
  SortedSetWork(std::string_view command_name, std::size_t parts, Limit limit, Operation operation,
                Options options, std::vector<std::uint32_t> part_of_key)
      : CollectWork(command_name, parts, limit),
        operation_(operation),
        options_(std::move(options)),
        part_of_key_(std::move(part_of_key)) {}

 protected:
  std::string combine(WorkContext& context) override {
    std::vector<WeightedSet> sets;
    for (std::size_t key = 0; key < part_of_key_.size(); ++key) {
      auto members = scored_members_of(reply(part_of_key_[key]));
      if (!members) return impossible_reply();
      sets.push_back({*std::move(members), options_.weights[key]});
    }
    const auto style = routing::score_style_of(context.dispatcher().server_version());
    ScoredReply result(context.protocol(), options_.with_scores);
    for (const ScoredMember& item : operation_(sets, options_.aggregate)) {
      result.add(item.member,
                 options_.with_scores ? routing::score_text(item.score, style) : std::string());
    }
    return result.take();
  }

 private:
  Operation operation_;
  Options options_;
  std::vector<std::uint32_t> part_of_key_;
};

/// A key may be a set as well, whose members then have the score 1: ZUNION of one key takes both.
Verdict read_sorted_sets(const Call& call, Operation operation) {
  if (!may_read_across_slots(call)) return refuse_cross_slot(call);
  const KeyPositions keys = key_positions_of(call);
  auto options = parse_options(call, keys.size());
  if (!options) return let_a_node_explain(call, keys);
  DistinctKeys distinct = distinct_keys_of(call, keys);
  if (distinct.keys.size() > CollectWork::kMostParts) return refuse_too_many_keys(call);
  PartList parts;
  for (const std::string_view key : distinct.keys) {
    parts.add(cluster::slot_of(key),
              std::array<std::string_view, 4>{"ZUNION", "1", key, "WITHSCORES"});
  }
  auto work = std::make_unique<SortedSetWork>(call.command.name, parts.size(),
                                              cross_slot_limit(call), operation,
                                              *std::move(options), std::move(distinct.of_position));
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

Verdict zunion(const Call& call) { return read_sorted_sets(call, routing::unite); }
Verdict zinter(const Call& call) { return read_sorted_sets(call, routing::intersect); }

// --- ZDIFF
// -----------------------------------------------------------------------------------------

/// The first part is what the first key's slot leaves of it, in order and with scores; all others
/// are members to be taken from it.
class SortedSetDifferenceWork final : public CollectWork {
 public:
  SortedSetDifferenceWork(std::string_view command_name, std::size_t parts, Limit limit,
                          bool with_scores)
      : CollectWork(command_name, parts, limit), with_scores_(with_scores) {}

 protected:
  std::string combine(WorkContext& context) override {
    routing::MemberTable others;
    for (std::size_t part = 1; part < parts(); ++part) {
      resp::ReplyCursor cursor(reply(part));
      const auto list = cursor.next();
      if (!list || !list->is_list()) return impossible_reply();
      while (const auto member = cursor.next()) others.add(member->text);
    }
    // The scores stay as the node wrote them.
    ScoredReply result(context.protocol(), with_scores_);
    const bool complete = for_each_scored(reply(0), [&](const ScoreText& item) {
      if (others.find(item.member) == routing::MemberTable::kNone)
        result.add(item.member, item.score);
    });
    return complete ? result.take() : impossible_reply();
  }

 private:
  bool with_scores_;
};

Verdict zdiff(const Call& call) {
  if (!may_read_across_slots(call)) return refuse_cross_slot(call);
  const KeyPositions keys = key_positions_of(call);
  const std::size_t behind_keys = 2 + keys.size();
  for (std::size_t i = behind_keys; i < call.request.size(); ++i) {
    if (!equal_ignoring_case(call.request[i], "withscores")) return let_a_node_explain(call, keys);
  }
  PartList parts;
  for (const KeyGroup& group : group_by_slot(call, keys)) {
    const bool is_first = parts.size() == 0;
    const std::string count = std::to_string(group.keys.size());
    std::vector<std::string_view> arguments{is_first ? "ZDIFF" : "ZUNION", count};
    for (const std::uint32_t position : group.keys) arguments.push_back(call.request[position]);
    if (is_first) arguments.emplace_back("WITHSCORES");
    parts.add(group.slot, arguments);
  }
  auto work = std::make_unique<SortedSetDifferenceWork>(
      call.command.name, parts.size(), cross_slot_limit(call), behind_keys < call.request.size());
  return call.dispatcher.start(call, std::move(work), parts.parts());
}

constexpr std::array<HandlerBinding, 3> kBindings{{
    {"zunion", zunion},
    {"zinter", zinter},
    {"zdiff", zdiff},
}};

}  // namespace

std::span<const HandlerBinding> sorted_set_read_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
