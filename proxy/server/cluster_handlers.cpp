// CLUSTER and what belongs to it. For its clients Slotway is a single Redis, and such a Redis has
// no cluster; only questions about one slot, which tools ask, go to the node that serves it.

#include <array>
#include <charconv>

#include "cluster/slot.h"
#include "server/dispatcher.h"
#include "server/handlers.h"

namespace slotway::server {

using session::Verdict;

namespace {

Verdict refuse_as_standalone(const Call& call) {
  return call.dispatcher.reply_error(call, "ERR This instance has cluster support disabled");
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
    {"asking", refuse_as_standalone},
    {"readonly", refuse_as_standalone},
    {"readwrite", refuse_as_standalone},
    {"cluster|count-failure-reports", refuse_as_standalone},
    {"cluster|info", refuse_as_standalone},
    {"cluster|links", refuse_as_standalone},
    {"cluster|myid", refuse_as_standalone},
    {"cluster|myshardid", refuse_as_standalone},
    {"cluster|nodes", refuse_as_standalone},
    {"cluster|replicas", refuse_as_standalone},
    {"cluster|shards", refuse_as_standalone},
    {"cluster|slaves", refuse_as_standalone},
    {"cluster|slots", refuse_as_standalone},
    {"cluster|slot-stats", refuse_as_standalone},
    {"cluster|countkeysinslot", ask_owner_of_slot},
    {"cluster|getkeysinslot", ask_owner_of_slot},
}};

}  // namespace

std::span<const HandlerBinding> cluster_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
