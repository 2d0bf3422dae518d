#include "server/key_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "cluster/slot_map.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "server/dispatcher.h"
#include "server/reply_text.h"

namespace slotway::server {

using cluster::Slot;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kInfoServer = "*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n";
constexpr std::string_view kClusterNodes = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nNODES\r\n";

// What a node says of its slots is taken as true for this long: to hand a slot over and take it
// back, one needs several commands at two nodes and their administrator's round trips in between. A
// client that scans in small steps does not make the node describe the cluster each time.
constexpr std::uint64_t kFactsLifeNs = 20'000'000;

// Until the new owner of a slot is known.
constexpr auto kOwnerPause = 20ms;

// A page of which most keys are left out is made larger, but not beyond what a node does in a
// moment.
constexpr std::size_t kLargestWidenedPage = 1'000;

}  // namespace

session::Verdict KeyWalk::start(const Call& call, std::unique_ptr<KeyWalk> walk) {
  if (call.dispatcher.map() == nullptr) return call.dispatcher.wait_for_route(call, Slot());
  walk->plan(call.dispatcher,
             walk->position_.phase == ScanPhase::target ? Step::find_target : Step::owner_page);
  const Slot slot = walk->position_.slot;
  const std::vector<std::string> messages = walk->messages_;
  std::vector<Part> parts;
  for (const std::string& message : messages) parts.push_back({slot, message});
  return call.dispatcher.start(call, std::move(walk), parts);
}

// --- Rounds --------------------------------------------------------------------------------------

void KeyWalk::plan(Dispatcher& dispatcher, Step step) {
  step_ = step;
  if (step == Step::target_page || step == Step::target_check) {
    node_ = target_;
  } else if (dispatcher.map() != nullptr) {
    const cluster::NodeIndex owner = dispatcher.map()->owner(position_.slot);
    if (owner != cluster::kNoNode) node_ = dispatcher.map()->node(owner).endpoint;
  }
  const NodeFacts& facts = dispatcher.node_facts().of(node_);
  const bool is_check = step == Step::owner_check || step == Step::target_check;
  if (!is_check) losses_ = facts.losses;  // a check is about the process that made the pages
  questions_.clear();
  messages_.clear();
  const auto ask = [&](Question question, std::string message) {
    questions_.push_back(question);
    messages_.push_back(std::move(message));
  };
  if (facts.run_id.empty()) ask(Question::process, std::string(kInfoServer));
  const bool is_page = step == Step::owner_page || step == Step::target_page;
  const bool is_fresh =
      facts.read_at_ns != 0 && dispatcher.now_ns() - facts.read_at_ns <= kFactsLifeNs;
  if (!is_page || !is_fresh) ask(Question::slots, std::string(kClusterNodes));
  if (is_page) ask(Question::page, page_request(facts));
  awaited_ = questions_.size();
  strayed_ = false;
}

std::string KeyWalk::page_request(const NodeFacts& facts) const {
  std::size_t count = query_.count;
  if (facts.slots.owned() > 0 && count < kLargestWidenedPage) {
    const std::size_t wanted =
        position_.phase == ScanPhase::run && facts.slots.is_settled(position_.slot)
            ? facts.slots.end_of_run(position_.slot).value() - position_.slot.value() +
                  std::size_t{1}
            : 1;
    count = std::min(kLargestWidenedPage,
                     count * std::max(facts.slots.owned() / wanted, std::size_t{1}));
  }
  std::string request;
  resp::append_array_header(request, 4 + query_.filters.size());
  resp::append_bulk(request, "SCAN");
  resp::append_bulk(request, std::to_string(position_.node_cursor));
  resp::append_bulk(request, "COUNT");
  resp::append_bulk(request, std::to_string(count));
  for (const std::string& argument : query_.filters) resp::append_bulk(request, argument);
  return request;
}

void KeyWalk::send_round(WorkContext& context, std::chrono::nanoseconds delay) {
  context.pending().slot = position_.slot;  // named should the time run out
  const bool to_target = step_ == Step::target_page || step_ == Step::target_check;
  for (std::size_t index = 0; index < messages_.size(); ++index) {
    const Part part{
        .slot = position_.slot, .bytes = messages_[index], .node = to_target ? &target_ : nullptr};
    const auto number = static_cast<std::uint16_t>(index);
    if (delay.count() > 0) {
      context.send_later(number, part, delay);
    } else if (!context.send(number, part)) {
      return fail(context, "ERR slotway: cannot reach " + cluster::to_string(target_));
    }
  }
}

void KeyWalk::run(WorkContext& context, Step step) {
  plan(context.dispatcher(), step);
  send_round(context);
}

void KeyWalk::on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) {
  if (reply.is_error()) return context.finish(std::string(reply.bytes));
  const Question question = questions_[part];
  if (*context.answered_by() != node_) {
    strayed_ = true;
  } else if (question == Question::page) {
    page_ = reply.bytes;
  } else {
    if (!learn(context, question, text_of(reply.bytes))) return;
  }
  if (--awaited_ > 0) return;
  ++rounds_;
  evaluate(context);
}

void KeyWalk::on_failure(WorkContext& context, std::uint16_t /*part*/,
                         std::string_view error_text) {
  fail(context, error_text);
}

bool KeyWalk::learn(WorkContext& context, Question question, std::string_view text) {
  NodeFactsCache& facts = context.dispatcher().node_facts();
  const auto learned = question == Question::process
                           ? facts.learn_process(node_, text)
                           : facts.learn_slots(node_, text, context.dispatcher().now_ns());
  if (!learned) fail(context, "ERR slotway: " + learned.error());
  return learned.has_value();
}

void KeyWalk::fail(WorkContext& context, std::string_view text) {
  context.finish(resp::error_reply(text));
}

void KeyWalk::evaluate(WorkContext& context) {
  const NodeFacts& facts = context.dispatcher().node_facts().of(node_);
  if (strayed_ || facts.losses != losses_) {
    // Somebody else has answered, or another process may have.
    const bool is_check = step_ == Step::owner_check || step_ == Step::target_check;
    return is_check ? begin_slot_again(context) : run(context, step_);
  }
  switch (step_) {
    case Step::owner_page:
      return end_owner_page(context, facts);
    case Step::owner_check:
      return end_owner_check(context, facts);
    case Step::find_target:
      return end_find_target(context, facts);
    case Step::target_page:
      return end_target_page(context, facts);
    case Step::target_check:
      return end_target_check(context, facts);
  }
}

// --- The owner
// -------------------------------------------------------------------------------------

void KeyWalk::end_owner_page(WorkContext& context, const NodeFacts& facts) {
  if (!facts.slots.owns(position_.slot)) return wait_for_owner(context, Step::owner_page);
  if (!page_is_usable(facts)) return run(context, Step::owner_page);
  take_page(context, Step::owner_check);
}

// Whether the page belongs to this process and to slots it held throughout. If not, the position
// has been set for another try.
bool KeyWalk::page_is_usable(const NodeFacts& facts) {
  const bool settled = facts.slots.is_settled(position_.slot);
  const bool is_first = position_.node_cursor == 0;
  if (is_first && position_.phase == ScanPhase::run) {
    position_.phase = query_.only_slot ? ScanPhase::single : ScanPhase::run;
    if (!settled) position_.phase = ScanPhase::leaving;
  }
  if (position_.phase == ScanPhase::single && !settled) position_.phase = ScanPhase::leaving;
  const bool is_run = position_.phase == ScanPhase::run;
  if (!is_run || settled) {
    last_ = is_run ? facts.slots.end_of_run(position_.slot) : position_.slot;
    if (mark_fits(facts, last_)) return true;
  }
  position_ = {.slot = position_.slot, .phase = settled ? ScanPhase::single : ScanPhase::leaving};
  return false;
}

// The first page of a pass sets the mark, the others have to come with it.
bool KeyWalk::mark_fits(const NodeFacts& facts, Slot last) {
  const std::uint16_t mark = scan_mark(facts.run_id, last);
  if (position_.node_cursor == 0) position_.mark = mark;
  return position_.mark == mark;
}

void KeyWalk::take_page(WorkContext& context, Step check) {
  resp::ReplyCursor reply(page_);
  const auto outer = reply.next();
  const auto cursor = reply.next();
  const auto keys = reply.next();
  std::uint64_t next = 0;
  const bool understood =
      outer && outer->elements == 2 && cursor && keys && keys->is_list() &&
      std::from_chars(cursor->text.data(), cursor->text.data() + cursor->text.size(), next).ec ==
          std::errc{};
  if (!understood) {
    return fail(context, "ERR slotway: the reply of " + cluster::to_string(node_) +
                             " to SCAN cannot be understood");
  }
  for (std::size_t left = keys->elements; left > 0; --left) {
    const auto key = reply.next();
    if (!key) break;
    const Slot slot = cluster::slot_of(key->text);
    if (slot >= position_.slot && slot <= last_) take(key->text);
  }
  page_.clear();
  if (next >> ScanPosition::kNodeCursorBits != 0) {
    return fail(context,
                fmt::format("ERR slotway: the cursor {} of {} is too large to be passed on", next,
                            cluster::to_string(node_)));
  }
  position_.node_cursor = next;
  if (next == 0) return run(context, check);
  pause_or(context, position_.phase == ScanPhase::target ? Step::find_target : Step::owner_page);
}

void KeyWalk::end_owner_check(WorkContext& context, const NodeFacts& facts) {
  const Slot slot = position_.slot;
  if (!facts.slots.owns(slot)) return wait_for_owner(context, Step::owner_page);
  if (facts.slots.is_settled(slot)) {
    if (position_.phase == ScanPhase::leaving) return begin_slot_again(context);  // it stays
    return complete_through(context, std::min(last_, facts.slots.end_of_run(slot)));
  }
  position_ = {.slot = slot, .phase = ScanPhase::target};
  go_to_target(context, facts);
}

// --- The node a slot moves to
// ----------------------------------------------------------------------

// Only for another page: the mark tells whether this is the node that made the first one.
void KeyWalk::end_find_target(WorkContext& context, const NodeFacts& facts) {
  if (!facts.slots.owns(position_.slot)) return wait_for_owner(context, Step::find_target);
  if (!facts.slots.is_settled(position_.slot)) return go_to_target(context, facts);
  target_ = node_;  // it has moved meanwhile, and this is where
  run(context, Step::target_page);
}

void KeyWalk::go_to_target(WorkContext& context, const NodeFacts& facts) {
  const std::string_view id = facts.slots.destination(position_.slot);
  const auto nodes = context.dispatcher().map()->nodes();
  const auto known = std::ranges::find(nodes, id, &cluster::Node::id);
  const auto listed = cluster::find_endpoint(facts.cluster_nodes, id, node_.host);
  if (known == nodes.end() && !listed) {
    return fail(context, fmt::format("ERR slotway: {} moves hash slot {} to a node without address",
                                     cluster::to_string(node_), position_.slot.value()));
  }
  target_ = known != nodes.end() ? known->endpoint : *listed;
  run(context, Step::target_page);
}

void KeyWalk::end_target_page(WorkContext& context, const NodeFacts& facts) {
  const bool holds =
      facts.slots.is_arriving(position_.slot) || facts.slots.is_settled(position_.slot);
  last_ = position_.slot;
  if (!holds || !mark_fits(facts, last_)) return begin_slot_again(context);
  take_page(context, Step::target_check);
}

void KeyWalk::end_target_check(WorkContext& context, const NodeFacts& facts) {
  const bool holds =
      facts.slots.is_arriving(position_.slot) || facts.slots.is_settled(position_.slot);
  if (!holds) return begin_slot_again(context);
  complete_through(context, position_.slot);
}

// --- On from here
// ----------------------------------------------------------------------------------

void KeyWalk::begin_slot_again(WorkContext& context) {
  position_ = {.slot = position_.slot, .phase = ScanPhase::single};
  run(context, Step::owner_page);
}

void KeyWalk::wait_for_owner(WorkContext& context, Step step) {
  context.dispatcher().request_refresh();
  if (step == Step::owner_page) position_ = {.slot = position_.slot};
  plan(context.dispatcher(), step);
  send_round(context, kOwnerPause);
}

void KeyWalk::complete_through(WorkContext& context, Slot last) {
  const auto next = Slot::from_number(last.value() + 1);
  if (!next || query_.only_slot) {
    finished_ = true;
    return context.finish(make_reply(context.protocol()));
  }
  position_ = {.slot = *next};
  pause_or(context, Step::owner_page);
}

void KeyWalk::pause_or(WorkContext& context, Step step) {
  if (pauses()) return context.finish(make_reply(context.protocol()));
  run(context, step);
}

}  // namespace slotway::server
