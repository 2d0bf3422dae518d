// CLIENT LIST, INFO and KILL: the clients of this Slotway, on all its workers.

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "resp/reply_writer.h"
#include "server/client_facts.h"
#include "server/client_filter.h"
#include "server/handlers.h"
#include "server/worker_gather.h"

namespace slotway::server {

using session::Verdict;

namespace {

struct ListedClient {
  std::uint64_t id;
  std::string line;
};
using ListedClients = std::vector<ListedClient>;

ListedClients list_here(Dispatcher& here, const ClientFilter& filter, std::uint64_t asker) {
  ListedClients listed;
  const std::uint64_t now_ns = here.clock().now_ns();
  for (const auto& session : here.peers().sessions()) {
    if (!session->is_open() || !filter.may_accept(session->id())) continue;
    const ClientFacts facts = facts_of(*session, here.commands(), now_ns);
    if (filter.accepts(facts, asker)) listed.push_back({facts.id, to_line(facts)});
  }
  return listed;
}

// Redis lists its clients in the order they came, which is that of their ids.
std::string join(std::vector<ListedClients> lists, int protocol) {
  ListedClients all = std::move(lists.front());
  for (std::size_t i = 1; i < lists.size(); ++i)
    std::ranges::move(lists[i], std::back_inserter(all));
  std::ranges::sort(all, {}, &ListedClient::id);
  std::string text;
  for (const ListedClient& client : all) text += client.line;
  return resp::ReplyWriter(protocol).verbatim(text).take();
}

Verdict list(const Call& call) {
  const auto filter = parse_list_filter(call.request);
  if (!filter) return call.dispatcher.reply_error(call, filter.error());
  const std::uint64_t asker = call.session.id();
  return ask_all_workers<ListedClients>(
      call,
      [filter = *filter, asker](Dispatcher& there) { return list_here(there, filter, asker); },
      [protocol = call.session.protocol](std::vector<ListedClients> lists) {
        return join(std::move(lists), protocol);
      });
}

Verdict info(const Call& call) {
  const ClientFacts facts =
      facts_of(call.session, call.dispatcher.commands(), call.dispatcher.clock().now_ns());
  return call.dispatcher.reply(
      call, resp::ReplyWriter(call.session.protocol).verbatim(to_line(facts)).take());
}

std::int64_t kill_here(Dispatcher& here, const ClientFilter& filter, std::uint64_t asker) {
  std::int64_t killed = 0;
  const std::uint64_t now_ns = here.clock().now_ns();
  for (const auto& session : here.peers().sessions()) {
    if (!session->is_open() || !filter.may_accept(session->id())) continue;
    if (!filter.accepts(facts_of(*session, here.commands(), now_ns), asker)) continue;
    ++killed;
    if (session->id() == asker) {
      session->close_when_answered();  // it gets its reply, and nothing it has sent after it
    } else {
      session->abort();
    }
  }
  return killed;
}

std::string kill_reply(bool old_form, std::int64_t count) {
  if (!old_form) return resp::integer_reply(count);
  return count == 0 ? resp::error_reply("ERR No such client") : std::string(resp::kOk);
}

Verdict kill(const Call& call) {
  const auto filter = parse_kill_filter(call.request);
  if (!filter) return call.dispatcher.reply_error(call, filter.error());
  const bool old_form = call.request.size() == 3;
  return ask_all_workers<std::int64_t>(
      call,
      [filter = *filter, asker = call.session.id()](Dispatcher& there) {
        return kill_here(there, filter, asker);
      },
      [old_form](const std::vector<std::int64_t>& counts) {
        return kill_reply(old_form, std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
      });
}

constexpr std::array<HandlerBinding, 3> kBindings{{
    {"client|list", list},
    {"client|info", info},
    {"client|kill", kill},
}};

}  // namespace

std::span<const HandlerBinding> client_list_handlers() noexcept { return kBindings; }

}  // namespace slotway::server
