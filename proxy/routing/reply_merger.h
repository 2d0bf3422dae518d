#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command/command.h"
#include "resp/encoder.h"
#include "routing/split_plan.h"

namespace slotway::routing {

/// How the replies of a request's parts become one reply.
/// https://redis.io/docs/latest/develop/reference/command-tips/#response_policy
enum class MergePolicy : std::uint8_t {
  key_order,    ///< MGET: array elements go back to the places of their keys
  concatenate,  ///< KEYS: arrays one after the other, in the order of the parts
  sum,          ///< DEL, EXISTS, DBSIZE
  minimum,      ///< WAIT
  maximum,
  logical_and,  ///< SCRIPT EXISTS
  logical_or,
  all_succeeded,  ///< MSET, FLUSHALL: the first part's reply if no part failed
  one_succeeded,  ///< SCRIPT KILL: the first reply that is no error
};

/// The policy for a command's response tip; nothing for "special", which needs code of its own.
/// A missing tip means key order for commands with keys and concatenation for the others.
[[nodiscard]] std::optional<MergePolicy> merge_policy(const command::Command& command) noexcept;

/// Collects the replies of one request's parts and makes the client's reply of them: always exactly
/// one well-formed frame. If a part failed, that frame is an error (except for one_succeeded); it
/// is never a nil or a shorter array that would pass for "not found". Parts that all failed alike
/// pass on their error as it is; otherwise the error keeps the prefix of the first one, so that
/// clients which look at prefixes react rightly: "CLUSTERDOWN slotway: 2 of 10 parts of MGET
/// failed, first: ...".
///
/// The parts are replies of one protocol, and so is the whole: sets make a set, nulls stay what
/// they are, and attributes in front of a part are dropped.
///
/// Numeric policies take integers and, element by element, arrays of integers. Parts may be
/// answered in any order; the result depends on the order of the parts only. Reusable: start()
/// forgets everything but keeps the memory.
class ReplyMerger {
 public:
  /// Begins a request of so many parts. The name of the command appears in error texts.
  /// REQUIRES: parts > 0, policy != key_order.
  void start(MergePolicy policy, std::size_t parts, std::string_view command_name);

  /// Begins a request split by a plan, one part for each of its groups. Copies what it needs of the
  /// plan.
  void start_in_key_order(const SplitPlan& plan, std::string_view command_name);

  /// Takes the reply of a part: one complete frame. Its bytes are copied where they are needed
  /// later. Should it be an error, its text names `node` if there is one. REQUIRES: part < parts(),
  /// and the part has not been answered before.
  void add(std::size_t part, std::string_view frame, std::string_view node = {});

  /// The same for a part that got no reply: connection lost, deadline passed, ... The text is that
  /// of an error reply without '-' and CR LF.
  void fail(std::size_t part, std::string_view error_text);

  /// The same for a part whose answer does not matter. REQUIRES: not all parts are skipped, and the
  /// policy is not key_order.
  void skip() noexcept { --awaited_; }

  [[nodiscard]] bool complete() const noexcept { return awaited_ == 0; }
  [[nodiscard]] std::size_t parts() const noexcept { return parts_; }

  /// Bytes of replies held until the request completes, for the client's memory limit.
  [[nodiscard]] std::size_t buffered_bytes() const noexcept { return buffer_.size(); }

  /// Appends the merged reply. REQUIRES: complete().
  template <resp::ByteSink Sink>
  void append_reply(Sink& out) const;

 private:
  /// A run of bytes in buffer_.
  struct Piece {
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  void begin(MergePolicy policy, std::size_t parts, std::string_view command_name);
  void take(std::size_t part, std::string_view frame);
  void take_in_key_order(std::size_t part, std::string_view frame);
  void take_elements(std::size_t part, std::string_view frame);
  void take_numbers(std::size_t part, std::string_view frame);
  void take_first(std::size_t part, std::string_view frame);
  [[nodiscard]] bool combine(const std::vector<std::int64_t>& numbers) noexcept;
  void note_failure(std::size_t part, std::string_view text, std::string_view node = {});
  void note_impossible(std::size_t part, std::string_view frame);
  std::size_t keep(std::string_view bytes);
  [[nodiscard]] std::string_view view(Piece piece) const noexcept;
  [[nodiscard]] std::string error_text() const;
  [[nodiscard]] bool failed() const noexcept;

  MergePolicy policy_ = MergePolicy::all_succeeded;
  std::string command_name_;
  std::size_t parts_ = 0;
  std::size_t awaited_ = 0;
  std::string buffer_;

  std::size_t failures_ = 0;
  std::size_t first_failed_part_ = 0;  // the lowest number among those that failed
  std::string first_error_;            // its text
  std::string first_failed_node_;      // who said so; empty if nobody is named
  bool errors_differ_ = false;

  // key_order: pieces_[ordinal] is the element of that key, and the keys of a part are
  //   ordinals_[part_begins_[part]] up to those of the next part.
  // concatenate: pieces_[part] is the elements of that part, element_count_ of them in all.
  // all_succeeded, one_succeeded: pieces_[0] is the reply of first_part_, the lowest that has one.
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> ordinals_;
  std::vector<std::uint32_t> part_begins_;
  std::size_t element_count_ = 0;
  bool is_set_ = true;  // all parts so far were sets: so is the whole
  std::size_t first_part_ = 0;

  // Numeric policies: what the parts so far add up to.
  std::vector<std::int64_t> numbers_;
  std::vector<std::int64_t> numbers_of_part_;
  bool has_numbers_ = false;
  bool is_array_ = false;
  bool numbers_disagree_ = false;  // arrays of different lengths, or a sum beyond 64 bits
};

}  // namespace slotway::routing
