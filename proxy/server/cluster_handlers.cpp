// CLUSTER and what belongs to it. For its clients Slotway is a single Redis, and such a Redis has
// no cluster; with the setting cluster_facade it is a cluster of one node. Questions about one
// slot, which tools ask, go to the node that serves it.

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "cluster/slot.h"
#include "resp/reply_writer.h"
#include "server/cluster_facade.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

bool has_facade(const Call& call) noexcept {
  return call.dispatcher.instance().settings.cluster_facade;
}

Verdict refuse_as_standalone(const Call& call) {
  return call.dispatcher.reply_error(call, "ERR This instance has cluster support disabled");
}

/// Answers for the one node with a facade, and as a single Redis without.
template <auto answer>
Verdict as_one_node(const Call& call) {
  if (!has_facade(call)) return refuse_as_standalone(call);
  return call.dispatcher.reply(call, answer(call));
}

FacadeNode node_of(const Call& call) {
  const net::Transport& transport = call.session.transport();
  const Instance& instance = call.dispatcher.instance();
  return facade_node(instance.settings, transport.local_address(), transport.is_unix(),
                     instance.tcp_port, instance.run_id);
}

std::string accept(const Call&) { return std::string(resp::kOk); }

std::string slots(const Call& call) { return facade_slots(node_of(call), call.session.protocol); }

std::string shards(const Call& call) { return facade_shards(node_of(call), call.session.protocol); }

std::string nodes(const Call& call) { return facade_nodes(node_of(call), call.session.protocol); }

std::string info(const Call& call) {
  const cluster::SlotMap* map = call.dispatcher.map();
  return facade_info(map == nullptr ? 0 : map->covered_slots(), call.session.protocol);
}

std::string my_id(const Call& call) { return resp::bulk_reply(call.dispatcher.instance().run_id); }

std::string links(const Call&) { return std::string(resp::kEmptyArray); }

// An error unless the argument names the one node.
std::string about_the_node(const Call& call, std::string_view reply) {
  if (call.request[2] == call.dispatcher.instance().run_id) return std::string(reply);
  return resp::error_reply(fmt::format("ERR Unknown node {}", call.request[2]));
}

std::string replicas(const Call& call) { return about_the_node(call, resp::kEmptyArray); }

std::string failure_reports(const Call& call) { return about_the_node(call, ":0\r\n"); }

// What one shard's node would say of its slots is not true of all of them.
Verdict slot_stats(const Call& call) {
  if (!has_facade(call)) return refuse_as_standalone(call);
  return call.dispatcher.reply_error(
      call, "ERR slotway: CLUSTER SLOT-STATS has to be asked of the nodes");
}

Verdict ask_owner_of_slot(const Call& call) {
  const std::string_view text = call.request[2];
  int number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  const auto slot = cluster::Slot::from_number(is_number ? number : -1);
  if (!slot) return call.dispatcher.reply_error(call, "ERR Invalid slot");
  return call.dispatcher.forward(call, *slot);
}

constexpr std::array<HandlerBinding, 16> kBindings{{
    {"asking", as_one_node<accept>},
    {"readonly", as_one_node<accept>},
    {"readwrite", as_one_node<accept>},
    {"cluster|count-failure-reports", as_one_node<failure_reports>},
    {"cluster|info", as_one_node<info>},
    {"cluster|links", as_one_node<links>},
    {"cluster|myid", as_one_node<my_id>},
    {"cluster|myshardid", as_one_node<my_id>},
    {"cluster|nodes", as_one_node<nodes>},
    {"cluster|replicas", as_one_node<replicas>},
    {"cluster|shards", as_one_node<shards>},
    {"cluster|slaves", as_one_node<replicas>},
    {"cluster|slots", as_one_node<slots>},
    {"cluster|slot-stats", slot_stats},
    {"cluster|countkeysinslot", ask_owner_of_slot},
    {"cluster|getkeysinslot", ask_owner_of_slot},
}};

}  // namespace

std::span<const HandlerBinding> cluster_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
