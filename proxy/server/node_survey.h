#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/slot_map.h"
#include "server/handler.h"
#include "server/work.h"

namespace slotway::server {

/// What one of several nodes has answered.
struct NodeReply {
  std::string node;   ///< host:port
  std::string bytes;  ///< a frame in the client's protocol; an error frame if there was no reply
  bool answered = false;

  [[nodiscard]] bool is_error() const noexcept {
    return bytes.starts_with('-') || bytes.starts_with('!');
  }
};

/// Sends messages to several nodes and, when all have been answered, makes one reply of the
/// answers.
class SurveyWork final : public Work {
 public:
  /// Makes the client's reply, in its protocol. Called once, while the client still waits.
  using Combine = std::function<std::string(std::vector<NodeReply>& replies, int protocol)>;

  explicit SurveyWork(Combine combine) : combine_(std::move(combine)) {}

  /// Its parts may be sent again even if they may have run.
  void set_only_reads() noexcept { only_reads_ = true; }
  /// One more part, for this node.
  void expect(std::string node) { replies_.push_back({.node = std::move(node)}); }

  [[nodiscard]] bool only_reads() const noexcept override { return only_reads_; }
  [[nodiscard]] std::string awaited() const override;
  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) override;
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) override;

 private:
  void finish_if_complete(WorkContext& context);

  Combine combine_;
  std::vector<NodeReply> replies_;
  std::size_t answered_ = 0;
  bool only_reads_ = false;
};

/// Which nodes are asked, and what becomes of one that cannot be reached.
enum class Surveyed : std::uint8_t {
  shards,  ///< all primaries with slots; the request waits for each of them as any request does
  answering_shards,  ///< the same, but whoever cannot be reached now has not answered
  all_nodes,         ///< the shards, and those replicas that can be reached
  aside,             ///< the shards, past what waits on the shared connections (Part::aside)
};

struct Question {
  std::string message;  ///< an array of bulk strings
  Surveyed surveyed = Surveyed::shards;
  bool only_reads = false;
};

/// Asks the nodes and answers the client with what `combine` makes of their replies.
session::Verdict ask_nodes(const Call& call, const Question& question, SurveyWork::Combine combine);

/// The error of a command that failed on some of these nodes, as ReplyMerger words it; empty if it
/// failed on none. Nodes that have not answered count only if `silent_nodes_fail`.
[[nodiscard]] std::string error_of(const std::vector<NodeReply>& replies,
                                   std::string_view command_name, bool silent_nodes_fail = true);

}  // namespace slotway::server
