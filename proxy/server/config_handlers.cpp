// CONFIG: the nodes' configuration as that of one Redis, whose listeners and clients are Slotway's.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "command/ascii.h"
#include "command/error_texts.h"
#include "resp/encoder.h"
#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"
#include "server/config_parameters.h"
#include "server/dispatcher.h"
#include "server/handlers.h"
#include "server/node_survey.h"
#include "server/own_stats.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

// --- GET -----------------------------------------------------------------------------------------

struct NamedValue {
  std::string_view name;
  std::string_view value;
};

/// Adds the pairs of a reply whose names are new. False if it is no reply of CONFIG GET.
bool add_pairs(std::vector<NamedValue>& pairs, std::string_view reply) {
  resp::ReplyCursor cursor(reply);
  const auto outer = cursor.next();
  if (!outer || outer->elements % 2 != 0) return false;
  for (std::size_t left = outer->elements / 2; left > 0; --left) {
    const auto name = cursor.next();
    const auto value = cursor.next();
    if (!name || !value || !name->is_string()) return false;
    const bool is_new = std::ranges::find(pairs, name->text, &NamedValue::name) == pairs.end();
    if (is_new) pairs.push_back({name->text, value->text});
  }
  return true;
}

// Nodes of one cluster are configured alike. Should they differ, the first one that answers counts,
// always in the same order, so that all clients see the same.
std::string make_config(const Instance& instance, const std::vector<NodeReply>& replies,
                        int protocol) {
  if (std::string error = error_of(replies, "CONFIG GET", false); !error.empty()) return error;
  std::vector<NamedValue> pairs;
  bool any_answer = false;
  for (const NodeReply& reply : replies) {
    if (!reply.answered) continue;
    any_answer = true;
    if (!add_pairs(pairs, reply.bytes)) {
      return resp::error_reply("ERR slotway: a reply to CONFIG GET cannot be understood");
    }
  }
  if (!any_answer) return error_of(replies, "CONFIG GET");
  resp::ReplyWriter reply(protocol);
  reply.map(pairs.size());
  for (const NamedValue& pair : pairs) {
    const OwnParameter* own = find_own_parameter(pair.name);
    reply.bulk(pair.name);
    if (own != nullptr) {
      reply.bulk(own->get(instance));
    } else {
      reply.bulk(pair.value);
    }
  }
  return reply.take();
}

Verdict get(const Call& call) {
  return ask_nodes(
      call,
      {.message = std::string(call.request.bytes()),
       .surveyed = Surveyed::answering_shards,
       .only_reads = true},
      [&instance = call.dispatcher.instance()](std::vector<NodeReply>& replies, int protocol) {
        return make_config(instance, replies, protocol);
      });
}

// --- To all nodes --------------------------------------------------------------------------------

/// Asks all nodes; once all primaries and those replicas that can be reached have done it, `then`
/// is called and the client gets "OK".
template <typename Then>
Verdict tell_all_nodes(const Call& call, std::string message, Then then) {
  return ask_nodes(
      call, {.message = std::move(message), .surveyed = Surveyed::all_nodes},
      [shards = call.dispatcher.shard_slots().size(), name = command::display_name(call.command),
       then = std::move(then)](std::vector<NodeReply>& replies, int /*protocol*/) {
        std::size_t place = 0;
        std::erase_if(replies, [&](const NodeReply& reply) {
          const bool is_replica = place++ >= shards;
          return is_replica && !reply.answered;
        });
        if (std::string error = error_of(replies, name); !error.empty()) return error;
        then();
        return std::string(resp::kOk);
      });
}

Verdict reset_statistics(const Call& call) {
  Dispatcher& dispatcher = call.dispatcher;
  return tell_all_nodes(call, std::string(call.request.bytes()), [&dispatcher] {
    dispatcher.instance().stats_baseline->set(count_all(dispatcher.peers()));
  });
}

Verdict rewrite(const Call& call) {
  return tell_all_nodes(call, std::string(call.request.bytes()), [] {});
}

// --- SET -----------------------------------------------------------------------------------------

struct OwnChange {
  const OwnParameter* parameter;
  std::int64_t value;
};

/// What a CONFIG SET asks for.
struct Changes {
  std::vector<OwnChange> own;
  std::vector<std::string_view> for_nodes;  ///< names and values
  std::string error;                        ///< empty if all of it can be tried
};

std::string set_error(std::string_view name, std::string_view reason) {
  return fmt::format("ERR CONFIG SET failed (possibly related to argument '{}') - {}", name,
                     reason);
}

bool is_repeated(const resp::RequestView& request, std::size_t place) {
  for (std::size_t earlier = 2; earlier < place; earlier += 2) {
    if (command::equal_ignoring_case(request[earlier], request[place])) return true;
  }
  return false;
}

void add_own_change(Changes& changes, const OwnParameter& own, std::string_view text) {
  if (own.tunable == nullptr) {
    changes.error = set_error(
        own.name, "slotway: it is a setting of Slotway itself, see its configuration file");
    return;
  }
  const auto value = parse_own_value(own, text);
  if (value) {
    changes.own.push_back({&own, *value});
  } else {
    changes.error = set_error(own.name, value.error());
  }
}

Changes parse_changes(const resp::RequestView& request) {
  Changes changes;
  if (request.size() % 2 != 0) return {.error = "ERR syntax error"};
  for (std::size_t i = 2; i < request.size() && changes.error.empty(); i += 2) {
    const std::string_view name = request[i];
    if (is_repeated(request, i)) {
      changes.error = set_error(name, "duplicate parameter");
    } else if (const OwnParameter* own = find_own_parameter(name)) {
      add_own_change(changes, *own, request[i + 1]);
    } else if (const auto reason = why_not_for_all_nodes(name); !reason.empty()) {
      changes.error = set_error(name, reason);
    } else {
      changes.for_nodes.insert(changes.for_nodes.end(), {name, request[i + 1]});
    }
  }
  return changes;
}

void put_in_force(const std::vector<OwnChange>& changes, const Instance& instance) {
  for (const OwnChange& change : changes) {
    ((*instance.runtime).*change.parameter->tunable).store(change.value);
  }
}

void tell_all_workers(WorkerPeers& peers) {
  for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
    peers.post(worker, [](Dispatcher& there) { there.slow_requests().adopt_settings(); });
  }
}

struct Done {};

Verdict set_own(const Call& call, const std::vector<OwnChange>& changes) {
  put_in_force(changes, call.dispatcher.instance());
  return ask_all_workers<Done>(
      call,
      [](Dispatcher& there) {
        there.slow_requests().adopt_settings();
        return Done();
      },
      [](const std::vector<Done>&) { return std::string(resp::kOk); });
}

Verdict set(const Call& call) {
  Changes changes = parse_changes(call.request);
  if (!changes.error.empty()) return call.dispatcher.reply_error(call, changes.error);
  if (changes.for_nodes.empty()) return set_own(call, changes.own);
  std::string message;
  resp::append_array_header(message, 2 + changes.for_nodes.size());
  resp::append_bulk(message, "CONFIG");
  resp::append_bulk(message, "SET");
  for (const std::string_view argument : changes.for_nodes) resp::append_bulk(message, argument);
  return tell_all_nodes(call, std::move(message),
                        [own = std::move(changes.own), &dispatcher = call.dispatcher] {
                          put_in_force(own, dispatcher.instance());
                          if (!own.empty()) tell_all_workers(dispatcher.peers());
                        });
}

constexpr std::array<HandlerBinding, 4> kBindings{{
    {"config|get", get},
    {"config|resetstat", reset_statistics},
    {"config|rewrite", rewrite},
    {"config|set", set},
}};

}  // namespace

std::span<const HandlerBinding> config_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
