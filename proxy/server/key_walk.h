#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/endpoint.h"
#include "server/handler.h"
#include "server/node_facts.h"
#include "server/scan_position.h"
#include "server/work.h"

namespace slotway::server {

/// Which keys a walk looks for.
struct WalkQuery {
  std::vector<std::string>
      filters;             ///< what goes to the nodes as it is: MATCH, TYPE and their values
  std::size_t count = 10;  ///< how many keys a page should bring
  std::optional<cluster::Slot> only_slot;  ///< nothing: all slots
};

/// Goes through the keys of the cluster, one node at a time, by the nodes' own SCAN. Every key that
/// is there from beginning to end is found, whatever slots move and nodes fail over meanwhile; some
/// are found more than once.
///
/// Slots are done in their order. To do a run of slots, their owner is scanned from end to end, and
/// keys of other slots are left out. A page counts for a slot only if the node held all of the
/// slot's keys when it made that page, which it is asked before (CLUSTER NODES, not more than a
/// moment old) and after the last page. What goes wrong meanwhile has these remedies:
///   - the run grows or shrinks: the mark in the cursor no longer fits, and the node is scanned
///   again for
///     the first slot of the run alone, which other slots cannot disturb;
///   - the slot is on its way to another node: keys may have gone there before their turn came.
///   After the
///     owner the other node is scanned too; a key moves only from the one to the other, so that it
///     is found on one of them;
///   - another process answers (a failover, a restart): its cursors are others, and the scan of the
///   node
///     begins again;
///   - the node does not own the slot: the slot map is too old. A new one is asked for, and the
///   walk waits.
class KeyWalk : public Work {
 public:
  [[nodiscard]] bool only_reads() const noexcept override { return true; }
  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) final;
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) final;

  /// Begins a walk as the work of a request.
  static session::Verdict start(const Call& call, std::unique_ptr<KeyWalk> walk);

 protected:
  KeyWalk(WalkQuery query, ScanPosition from) : query_(std::move(query)), position_(from) {}

  /// A key that belongs to the slots being done.
  virtual void take(std::string_view key) = 0;
  /// After each page: true if the client is to be answered now although there is more.
  [[nodiscard]] virtual bool pauses() const = 0;
  /// The client's reply.
  [[nodiscard]] virtual std::string make_reply(int protocol) = 0;

  /// Nothing is left to be done. Otherwise the walk can go on from position().
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] const ScanPosition& position() const noexcept { return position_; }
  /// Exchanges with nodes so far.
  [[nodiscard]] std::size_t rounds() const noexcept { return rounds_; }
  void set_page_size(std::size_t keys) noexcept { query_.count = keys; }

 private:
  /// What a round of messages is for.
  enum class Step : std::uint8_t {
    owner_page,    ///< a page of the slot's owner
    owner_check,   ///< after its last page: what it held meanwhile
    find_target,   ///< where the slot is moving, or has moved
    target_page,   ///< a page of that node
    target_check,  ///< after its last page
  };
  enum class Question : std::uint8_t { process, slots, page };

  void plan(Dispatcher& dispatcher, Step step);
  void send_round(WorkContext& context, std::chrono::nanoseconds delay = {});
  void run(WorkContext& context, Step step);
  [[nodiscard]] std::string page_request(const NodeFacts& facts) const;
  [[nodiscard]] bool learn(WorkContext& context, Question question, std::string_view text);

  void evaluate(WorkContext& context);
  void end_owner_page(WorkContext& context, const NodeFacts& facts);
  void end_owner_check(WorkContext& context, const NodeFacts& facts);
  void end_find_target(WorkContext& context, const NodeFacts& facts);
  void go_to_target(WorkContext& context, const NodeFacts& facts);
  void end_target_page(WorkContext& context, const NodeFacts& facts);
  void end_target_check(WorkContext& context, const NodeFacts& facts);

  [[nodiscard]] bool page_is_usable(const NodeFacts& facts);
  [[nodiscard]] bool mark_fits(const NodeFacts& facts, cluster::Slot last);
  void take_page(WorkContext& context, Step check);
  void begin_slot_again(WorkContext& context);
  void wait_for_owner(WorkContext& context, Step step);
  void complete_through(WorkContext& context, cluster::Slot last);
  void pause_or(WorkContext& context, Step step);
  void fail(WorkContext& context, std::string_view text);

  WalkQuery query_;
  ScanPosition position_;
  cluster::Slot last_;  ///< of the run being done
  bool finished_ = false;
  std::size_t rounds_ = 0;

  // The round under way.
  Step step_ = Step::owner_page;
  std::vector<Question> questions_;  // by part number
  std::vector<std::string> messages_;
  std::size_t awaited_ = 0;
  cluster::Endpoint node_;    // who is asked
  std::uint64_t losses_ = 0;  // NodeFacts::losses of the node when it was first asked for this pass
  bool strayed_ = false;      // somebody else has answered
  std::string page_;          // the reply of SCAN
  cluster::Endpoint target_;
};

}  // namespace slotway::server
