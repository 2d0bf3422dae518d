#include "server/node_survey.h"

#include <memory>
#include <utility>

#include "resp/encoder.h"
#include "routing/reply_merger.h"
#include "server/dispatcher.h"

namespace slotway::server {

void SurveyWork::on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) {
  replies_[part].node = cluster::to_string(*context.answered_by());
  replies_[part].bytes = reply.bytes;
  replies_[part].answered = true;
  finish_if_complete(context);
}

void SurveyWork::on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) {
  replies_[part].bytes = resp::error_reply(error_text);
  finish_if_complete(context);
}

std::string SurveyWork::awaited() const {
  std::string nodes;
  for (const NodeReply& reply : replies_) {
    if (reply.bytes.empty()) nodes.append(nodes.empty() ? "" : ", ").append(reply.node);
  }
  return nodes;
}

void SurveyWork::finish_if_complete(WorkContext& context) {
  if (++answered_ == replies_.size()) context.finish(combine_(replies_, context.protocol()));
}

session::Verdict ask_nodes(const Call& call, const Question& question,
                           SurveyWork::Combine combine) {
  Dispatcher& dispatcher = call.dispatcher;
  const auto shards = dispatcher.shard_slots();
  if (shards.empty()) return dispatcher.wait_for_route(call, cluster::Slot());
  auto work = std::make_unique<SurveyWork>(std::move(combine));
  if (question.only_reads) work->set_only_reads();
  const cluster::SlotMap& map = *dispatcher.map();
  std::vector<Part> parts;
  for (const cluster::Slot slot : shards) {
    const cluster::Endpoint& owner = map.node(map.owner(slot)).endpoint;
    parts.push_back({.slot = slot,
                     .bytes = question.message,
                     .node = question.surveyed == Surveyed::answering_shards ? &owner : nullptr,
                     .aside = question.surveyed == Surveyed::aside});
    work->expect(cluster::to_string(owner));
  }
  if (question.surveyed == Surveyed::all_nodes) {
    for (const cluster::Node& node : map.nodes()) {
      if (node.role != cluster::Role::replica) continue;
      parts.push_back({.slot = shards.front(), .bytes = question.message, .node = &node.endpoint});
      work->expect(cluster::to_string(node.endpoint));
    }
  }
  return dispatcher.start(call, std::move(work), parts);
}

std::string error_of(const std::vector<NodeReply>& replies, std::string_view command_name,
                     bool silent_nodes_fail) {
  std::size_t counted = 0;
  bool failed = false;
  for (const NodeReply& reply : replies) {
    const bool counts = reply.answered || silent_nodes_fail;
    counted += counts ? 1 : 0;
    failed = failed || (counts && reply.is_error());
  }
  if (!failed) return {};
  routing::ReplyMerger merger;
  merger.start(routing::MergePolicy::all_succeeded, counted, command_name);
  std::size_t part = 0;
  for (const NodeReply& reply : replies) {
    if (!reply.answered && !silent_nodes_fail) continue;
    merger.add(part++, reply.bytes, reply.answered ? reply.node : std::string_view());
  }
  std::string error;
  merger.append_reply(error);
  return error;
}

}  // namespace slotway::server
