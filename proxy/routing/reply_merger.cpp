#include "routing/reply_merger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "resp/attribute.h"
#include "resp/byte_buffer.h"
#include "resp/length.h"
#include "resp/reply_scanner.h"

namespace slotway::routing {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// The text of an error frame of either protocol ("-ERR ..." or "!<size>..."); nothing for any
/// other.
std::optional<std::string_view> error_of(std::string_view frame) {
  if (frame.starts_with('-')) return frame.substr(1, frame.size() - 1 - kLineEnd.size());
  if (!frame.starts_with('!')) return std::nullopt;
  const std::size_t text = frame.find(kLineEnd) + kLineEnd.size();
  return frame.substr(text, frame.size() - text - kLineEnd.size());
}

struct Array {
  bool is_set;
  std::size_t count;
  std::string_view elements;
};

/// Takes an array or a set apart; nothing for other types and for a null array.
std::optional<Array> array_of(std::string_view frame) {
  if (!frame.starts_with('*') && !frame.starts_with('~')) return std::nullopt;
  const resp::Length length = resp::read_length(frame.substr(1));
  if (length.status != resp::LengthStatus::complete || length.value < 0) return std::nullopt;
  return Array{frame.front() == '~', static_cast<std::size_t>(length.value),
               frame.substr(1 + length.consumed)};
}

/// Reads ":<number>\r\n" at the start of bytes and removes it.
std::optional<std::int64_t> take_integer(std::string_view& bytes) {
  if (!bytes.starts_with(':')) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = bytes.data() + bytes.size();
  const auto [after, error] = std::from_chars(bytes.data() + 1, end, number);
  bytes.remove_prefix(static_cast<std::size_t>(after - bytes.data()));
  if (error != std::errc{} || !bytes.starts_with(kLineEnd)) return std::nullopt;
  bytes.remove_prefix(kLineEnd.size());
  return number;
}

/// Reads an integer, or an array of integers, into numbers. False for anything else.
bool read_numbers(std::string_view frame, std::vector<std::int64_t>& numbers) {
  numbers.clear();
  const std::optional<Array> array = array_of(frame);
  std::string_view rest = array ? array->elements : frame;
  for (std::size_t left = array ? array->count : 1; left > 0; --left) {
    const std::optional<std::int64_t> number = take_integer(rest);
    if (!number) return false;
    numbers.push_back(*number);
  }
  return rest.empty();
}

/// Combines a number with the same one of another part; false if the result does not fit.
using Operation = bool (*)(std::int64_t& total, std::int64_t number) noexcept;

bool add_to(std::int64_t& total, std::int64_t number) noexcept {
  return !__builtin_add_overflow(total, number, &total);
}
bool lower_to(std::int64_t& total, std::int64_t number) noexcept {
  total = std::min(total, number);
  return true;
}
bool raise_to(std::int64_t& total, std::int64_t number) noexcept {
  total = std::max(total, number);
  return true;
}
bool and_with(std::int64_t& total, std::int64_t number) noexcept {
  total = (total != 0 && number != 0) ? 1 : 0;
  return true;
}
bool or_with(std::int64_t& total, std::int64_t number) noexcept {
  total = (total != 0 || number != 0) ? 1 : 0;
  return true;
}

Operation operation_of(MergePolicy policy) noexcept {
  struct Entry {
    MergePolicy policy;
    Operation operation;
  };
  static constexpr std::array kOperations = {
      Entry{MergePolicy::sum, add_to}, Entry{MergePolicy::minimum, lower_to},
      Entry{MergePolicy::maximum, raise_to}, Entry{MergePolicy::logical_and, and_with},
      Entry{MergePolicy::logical_or, or_with}};
  const auto* const found = std::ranges::find(kOperations, policy, &Entry::policy);
  return found == kOperations.end() ? nullptr : found->operation;
}

/// The first word of an error text if it looks like a prefix of Redis ("CLUSTERDOWN"), else "ERR".
std::string_view prefix_of(std::string_view error_text) {
  const std::string_view word = error_text.substr(0, error_text.find(' '));
  const bool is_prefix =
      !word.empty() && std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
  return is_prefix ? word : "ERR";
}

}  // namespace

std::optional<MergePolicy> merge_policy(const command::Command& command) noexcept {
  using command::ResponsePolicy;
  switch (command.response_policy) {
    case ResponsePolicy::none:
      return command.key_specs.empty() ? MergePolicy::concatenate : MergePolicy::key_order;
    case ResponsePolicy::one_succeeded:
      return MergePolicy::one_succeeded;
    case ResponsePolicy::all_succeeded:
      return MergePolicy::all_succeeded;
    case ResponsePolicy::agg_logical_and:
      return MergePolicy::logical_and;
    case ResponsePolicy::agg_logical_or:
      return MergePolicy::logical_or;
    case ResponsePolicy::agg_min:
      return MergePolicy::minimum;
    case ResponsePolicy::agg_max:
      return MergePolicy::maximum;
    case ResponsePolicy::agg_sum:
      return MergePolicy::sum;
    case ResponsePolicy::special:
      break;
  }
  return std::nullopt;
}

void ReplyMerger::begin(MergePolicy policy, std::size_t parts, std::string_view command_name) {
  assert(parts > 0);
  policy_ = policy;
  command_name_ = command_name;
  parts_ = parts;
  awaited_ = parts;
  buffer_.clear();
  failures_ = 0;
  first_error_.clear();
  first_failed_node_.clear();
  errors_differ_ = false;
  pieces_.clear();
  element_count_ = 0;
  is_set_ = true;
  first_part_ = parts;
  has_numbers_ = false;
  numbers_disagree_ = false;
}

void ReplyMerger::start(MergePolicy policy, std::size_t parts, std::string_view command_name) {
  assert(policy != MergePolicy::key_order);
  begin(policy, parts, command_name);
  pieces_.resize(policy == MergePolicy::concatenate ? parts : 1);
}

void ReplyMerger::start_in_key_order(const SplitPlan& plan, std::string_view command_name) {
  begin(MergePolicy::key_order, plan.groups().size(), command_name);
  pieces_.resize(plan.keys());
  element_count_ = plan.keys();
  ordinals_.assign(plan.ordinals().begin(), plan.ordinals().end());
  part_begins_.clear();
  for (const SplitGroup& group : plan.groups()) part_begins_.push_back(group.first);
  part_begins_.push_back(static_cast<std::uint32_t>(plan.keys()));
}

void ReplyMerger::add(std::size_t part, std::string_view frame, std::string_view node) {
  assert(part < parts_ && awaited_ > 0);
  --awaited_;
  // What a node says about its part says nothing about the whole.
  frame = resp::without_attributes(frame);
  if (const auto error = error_of(frame)) {
    note_failure(part, *error, node);
  } else {
    take(part, frame);
  }
}

void ReplyMerger::fail(std::size_t part, std::string_view error_text) {
  assert(part < parts_ && awaited_ > 0);
  --awaited_;
  note_failure(part, error_text);
}

void ReplyMerger::take(std::size_t part, std::string_view frame) {
  switch (policy_) {
    case MergePolicy::key_order:
      return take_in_key_order(part, frame);
    case MergePolicy::concatenate:
      return take_elements(part, frame);
    case MergePolicy::all_succeeded:
    case MergePolicy::one_succeeded:
      return take_first(part, frame);
    case MergePolicy::sum:
    case MergePolicy::minimum:
    case MergePolicy::maximum:
    case MergePolicy::logical_and:
    case MergePolicy::logical_or:
      return take_numbers(part, frame);
  }
}

void ReplyMerger::take_in_key_order(std::size_t part, std::string_view frame) {
  const std::uint32_t first = part_begins_[part];
  const std::uint32_t last = part_begins_[part + 1];
  const std::optional<Array> array = array_of(frame);
  if (!array || array->count != last - first) return note_impossible(part, frame);
  std::size_t offset = keep(array->elements);
  std::string_view rest = array->elements;
  for (std::uint32_t index = first; index < last; ++index) {
    const resp::ScanResult element = resp::scan_frame(rest);
    if (element.status != resp::ScanStatus::complete) return note_impossible(part, frame);
    pieces_[ordinals_[index]] = {offset, element.consumed};
    offset += element.consumed;
    rest.remove_prefix(element.consumed);
  }
}

void ReplyMerger::take_elements(std::size_t part, std::string_view frame) {
  const std::optional<Array> array = array_of(frame);
  if (!array) return note_impossible(part, frame);
  pieces_[part] = {keep(array->elements), array->elements.size()};
  element_count_ += array->count;
  is_set_ = is_set_ && array->is_set;
}

void ReplyMerger::take_first(std::size_t part, std::string_view frame) {
  if (part >= first_part_) return;
  first_part_ = part;
  buffer_.clear();
  pieces_[0] = {keep(frame), frame.size()};
}

void ReplyMerger::take_numbers(std::size_t part, std::string_view frame) {
  const bool is_array = !frame.starts_with(':');
  if (!read_numbers(frame, numbers_of_part_)) return note_impossible(part, frame);
  if (!has_numbers_) {
    has_numbers_ = true;
    is_array_ = is_array;
    // A lone part takes the same way as several, so that AND and OR always answer 0 or 1.
    numbers_ = numbers_of_part_;
    if (policy_ == MergePolicy::sum) return;
  }
  if (is_array != is_array_ || !combine(numbers_of_part_)) numbers_disagree_ = true;
}

/// False if the parts have different lengths or a number outgrows 64 bits.
bool ReplyMerger::combine(const std::vector<std::int64_t>& numbers) noexcept {
  const Operation operation = operation_of(policy_);
  if (operation == nullptr || numbers.size() != numbers_.size()) return false;
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    if (!operation(numbers_[index], numbers[index])) return false;
  }
  return true;
}

void ReplyMerger::note_failure(std::size_t part, std::string_view text, std::string_view node) {
  ++failures_;
  if (failures_ > 1 && text != first_error_) errors_differ_ = true;
  if (failures_ == 1 || part < first_failed_part_) {
    first_failed_part_ = part;
    first_error_ = text;
    first_failed_node_ = node;
  }
}

void ReplyMerger::note_impossible(std::size_t part, std::string_view frame) {
  constexpr std::size_t kShown = 24;
  const std::string_view line = frame.substr(0, std::min(frame.find(kLineEnd), kShown));
  note_failure(part, fmt::format("ERR slotway: a part of {} got an impossible reply: {}",
                                 command_name_, line));
}

std::size_t ReplyMerger::keep(std::string_view bytes) {
  const std::size_t offset = buffer_.size();
  buffer_.append(bytes);
  return offset;
}

std::string_view ReplyMerger::view(Piece piece) const noexcept {
  return std::string_view(buffer_).substr(piece.offset, piece.size);
}

bool ReplyMerger::failed() const noexcept {
  if (policy_ == MergePolicy::one_succeeded) return failures_ == parts_;
  return failures_ > 0 || numbers_disagree_;
}

std::string ReplyMerger::error_text() const {
  if (failures_ == 0) {
    return fmt::format("ERR slotway: the replies to the parts of {} cannot be combined",
                       command_name_);
  }
  if (failures_ == parts_ && !errors_differ_) return first_error_;
  return fmt::format("{} slotway: {} of {} parts of {} failed, first: {}{}{}",
                     prefix_of(first_error_), failures_, parts_, command_name_, first_failed_node_,
                     first_failed_node_.empty() ? "" : ": ", first_error_);
}

template <resp::ByteSink Sink>
void ReplyMerger::append_reply(Sink& out) const {
  assert(complete());
  if (failed()) return resp::append_error(out, error_text());
  if (has_numbers_) {
    if (is_array_) resp::append_array_header(out, numbers_.size());
    for (const std::int64_t number : numbers_) resp::append_integer(out, number);
    return;
  }
  if (policy_ == MergePolicy::key_order || policy_ == MergePolicy::concatenate) {
    const bool is_set = policy_ == MergePolicy::concatenate && is_set_;
    resp::append_header(out, is_set ? '~' : '*', static_cast<std::int64_t>(element_count_));
  }
  for (const Piece piece : pieces_) out.append(view(piece));
}

template void ReplyMerger::append_reply(std::string&) const;
template void ReplyMerger::append_reply(resp::ByteBuffer&) const;

}  // namespace slotway::routing
