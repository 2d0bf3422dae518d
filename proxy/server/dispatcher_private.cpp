// Replies that do not simply belong to a client's request: those of blocks, of probes, and of
// connections that a client has for itself.

#include <algorithm>
#include <bit>

#include "server/block_work.h"
#include "server/dispatcher.h"
#include "server/not_run.h"
#include "server/private_work.h"

namespace slotway::server {

using session::PendingRequest;
using session::RequestHandle;
using upstream::InFlight;
using upstream::Purpose;

namespace {

constexpr std::string_view kAskingRequest = "*1\r\n$6\r\nASKING\r\n";
constexpr std::string_view kPingRequest = "*1\r\n$4\r\nPING\r\n";

void append(upstream::Connection& connection, const InFlight& entry, std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), connection.send(entry));
}

}  // namespace

bool Dispatcher::on_special_reply(upstream::Connection& connection, const InFlight& entry,
                                  std::string_view request, const resp::ReplyFrame& reply) {
  if (entry.purpose == Purpose::script_load) {
    scripts_.on_loaded(connection, request, reply);
    return reply.type() == '$' || reply.is_error();
  }
  if (entry.purpose == Purpose::asking || entry.purpose == Purpose::probe) {
    return reply.type() == '+' || reply.is_error();
  }
  PendingRequest* pending = sessions_.requests.find(std::bit_cast<RequestHandle>(entry.ticket));
  if (pending == nullptr) return true;
  if (entry.purpose == Purpose::question) return on_refusal_verified(connection, *pending, reply);
  if (entry.purpose == Purpose::block) {
    return on_block_reply(connection, entry, request, *pending, reply);
  }
  WorkContext context(*this, *pending, &connection.endpoint());
  static_cast<PrivateWork&>(*pending->work).on_own_reply(context, entry.part, reply);
  conclude(context, stats::Outcome::server_error);
  return true;
}

bool Dispatcher::on_early_reply(upstream::Connection&, const InFlight& entry,
                                std::string_view frame) {
  PendingRequest* pending = sessions_.requests.find(std::bit_cast<RequestHandle>(entry.ticket));
  return pending == nullptr || static_cast<Work&>(*pending->work).on_early_reply(entry.part, frame);
}

bool Dispatcher::on_block_reply(upstream::Connection& connection, const InFlight& entry,
                                std::string_view request, PendingRequest& pending,
                                const resp::ReplyFrame& reply) {
  auto& work = static_cast<BlockWork&>(*pending.work);
  if (!work.accepts(reply)) return false;
  if (reply.is_error()) {
    const std::string cause = work.cause_of(error_text(reply.bytes));
    const RequestHandle handle = pending.handle();
    if (handle_not_run(connection, entry, request, pending, cause)) {
      if (find_pending(handle) != nullptr) work.begin_again();
      return true;
    }
  }
  if (pending.session->held_requests > 0) note_run(pending, entry.slot, request);
  finish_part(pending, entry.part, reply, connection.endpoint());
  return true;
}

void Dispatcher::on_own_unanswered(upstream::Connection& connection, const InFlight& entry,
                                   bool may_have_run) {
  PendingRequest* pending = sessions_.requests.find(std::bit_cast<RequestHandle>(entry.ticket));
  if (pending == nullptr) return;
  WorkContext context(*this, *pending);
  static_cast<PrivateWork&>(*pending->work)
      .on_own_lost(context, entry.part, connection, may_have_run);
  conclude(context, stats::Outcome::proxy_error);
}

// --- For private works
// -----------------------------------------------------------------------------------

void Dispatcher::count_redirect(stats::Redirect kind) noexcept {
  sessions_.stats.redirects[static_cast<std::size_t>(kind)].add();
}

const cluster::Endpoint* Dispatcher::owner_of(cluster::Slot slot) const noexcept {
  if (map_ == nullptr) return nullptr;
  const cluster::NodeIndex owner = map_->owner(slot);
  return owner == cluster::kNoNode ? nullptr : &map_->node(owner).endpoint;
}

const cluster::Endpoint* Dispatcher::member_at(const cluster::Endpoint& address) const noexcept {
  if (map_ == nullptr) return nullptr;
  const cluster::NodeIndex member = map_->find_by_any_address(address);
  return member == cluster::kNoNode ? nullptr : &map_->node(member).endpoint;
}

bool Dispatcher::reaches(const cluster::Endpoint& node, const session::ClientSession& session) {
  upstream::Connection* connection =
      nodes_.connection(node, {session.id(), session.protocol}, sessions_.clock.now_ns());
  if (connection == nullptr) return true;  // nobody keeps an eye on it
  if (connection->state() == upstream::Connection::State::idle) {
    append(*connection, {.size = kPingRequest.size(), .purpose = Purpose::probe}, kPingRequest);
  }
  return connection->state() == upstream::Connection::State::ready;
}

void Dispatcher::send_own(upstream::Connection& connection, RequestHandle request,
                          std::uint16_t part, std::string_view bytes, std::uint32_t replies) {
  append(connection,
         {.ticket = std::bit_cast<upstream::Ticket>(request),
          .size = static_cast<std::uint32_t>(bytes.size()),
          .part = part,
          .purpose = Purpose::own,
          .replies = replies},
         bytes);
}

void Dispatcher::send_asking(upstream::Connection& connection, cluster::Slot slot) {
  append(connection, {.size = kAskingRequest.size(), .slot = slot, .purpose = Purpose::asking},
         kAskingRequest);
}

bool Dispatcher::send_own_shared(const cluster::Endpoint& node, const PendingRequest& pending,
                                 std::uint16_t part, std::string_view bytes) {
  upstream::Connection* connection = nodes_.connection(
      node, {pending.session->id(), pending.session->protocol}, sessions_.clock.now_ns());
  if (connection == nullptr || !connection->accepts()) return false;
  send_own(*connection, pending.handle(), part, bytes);
  return true;
}

}  // namespace slotway::server
