// INFO: all shards as one server, whose clients and commands are Slotway's.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "resp/encoder.h"
#include "resp/reply_writer.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/info_merge.h"
#include "server/node_survey.h"
#include "server/own_info.h"
#include "server/reply_text.h"

namespace slotway::server {

using session::Verdict;

namespace {

// These say nothing of the data: one shard that answers is enough, for the version of the servers.
constexpr auto kWithoutData = std::to_array<std::string_view>(
    {"Server", "Clients", "Replication", "Modules", "Commandstats", "Errorstats", "Cluster"});

bool tells_of_data(const InfoSection& section) {
  return std::ranges::find(kWithoutData, section.name) == kWithoutData.end();
}

std::vector<ShardInfo> read(const std::vector<NodeReply>& replies) {
  std::vector<ShardInfo> shards;
  for (const NodeReply& reply : replies) {
    if (!reply.answered) continue;
    shards.push_back(
        {reply.node.substr(0, reply.node.rfind(':')), parse_info(text_of(reply.bytes))});
  }
  return shards;
}

std::string silent_shards(const std::vector<NodeReply>& replies) {
  std::string names;
  for (const NodeReply& reply : replies) {
    if (!reply.answered) names.append(names.empty() ? "" : ",").append(reply.node);
  }
  return names;
}

// Clients ask for INFO when they connect, and shall be able to while a shard is down. Its data
// cannot be left out of a sum, so the sums are left out.
std::string make_info(Dispatcher& dispatcher, std::vector<NodeReply>& replies, int protocol) {
  if (std::string error = error_of(replies, "INFO", false); !error.empty()) return error;
  const std::vector<ShardInfo> shards = read(replies);
  InfoSections info = merge_info(shards);
  const std::string silent = silent_shards(replies);
  if (!silent.empty()) {
    const bool left_out = std::erase_if(info, tells_of_data) > 0 || shards.empty();
    if (left_out && info.empty()) return error_of(replies, "INFO");
  }
  put_own_info(info, dispatcher);
  if (InfoSection* server = find_section(info, "Server"); server != nullptr && !silent.empty()) {
    server->at("slotway_unreachable_shards").value = silent;
  }
  return resp::ReplyWriter(protocol).verbatim(to_text(info)).take();
}

// The nodes choose the sections: they know which of them are default, and have some we never heard
// of.
Verdict info(const Call& call) {
  return ask_nodes(call,
                   {.message = std::string(call.request.bytes()),
                    .surveyed = Surveyed::answering_shards,
                    .only_reads = true},
                   [&dispatcher = call.dispatcher](std::vector<NodeReply>& replies, int protocol) {
                     return make_info(dispatcher, replies, protocol);
                   });
}

constexpr std::array<HandlerBinding, 1> kBindings{{{"info", info}}};

}  // namespace

std::span<const HandlerBinding> info_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
