#include "server/subscriber_link.h"

#include <algorithm>
#include <string>

namespace slotway::server {

namespace {

using upstream::InFlight;

// What kind of request an entry in flight is, in its field `part`.
constexpr std::uint16_t part_of(TopicKind kind, bool subscribe) noexcept {
  return static_cast<std::uint16_t>(2 * static_cast<unsigned>(kind) + (subscribe ? 1U : 0U));
}

bool answers(const PubSubFrame& frame, const InFlight& entry) noexcept {
  using Type = PubSubFrame::Type;
  if (entry.purpose == upstream::Purpose::probe) return frame.type == Type::pong;
  if (frame.type != Type::subscribed && frame.type != Type::unsubscribed) return false;
  return entry.part == part_of(frame.kind, frame.type == Type::subscribed);
}

std::string_view error_text(std::string_view frame) noexcept {
  return frame.substr(1, frame.find('\r') - 1);
}

}  // namespace

SubscriberLink::SubscriberLink(const cluster::Endpoint& endpoint,
                               const upstream::ConnectionOptions& options,
                               std::span<char> read_buffer, upstream::Connector& connector,
                               SubscriberLinkObserver& observer, stats::NodeStats& stats)
    : observer_(observer), connection_(endpoint, options, 2, read_buffer, connector, *this, stats) {
  connection_.take_arrays_as_pushes();
}

void SubscriberLink::send(TopicKind kind, bool subscribe, std::string_view name,
                          std::uint64_t number) {
  const std::string request = subscription_request(kind, subscribe, name);
  const InFlight entry{.ticket = static_cast<upstream::Ticket>(number),
                       .size = static_cast<std::uint32_t>(request.size()),
                       .part = part_of(kind, subscribe)};
  std::copy(request.begin(), request.end(), connection_.send(entry));
}

void SubscriberLink::leave(std::string_view reason) {
  leaving_ = true;
  connection_.shut_down(reason);
}

bool SubscriberLink::is_reply(upstream::Connection&, const InFlight& oldest,
                              std::string_view frame) {
  const auto parsed = parse_pubsub_frame(frame);
  return parsed && answers(*parsed, oldest);
}

bool SubscriberLink::on_reply(upstream::Connection&, const InFlight& entry, std::string_view,
                              const resp::ReplyFrame& reply) {
  // As long as nothing is subscribed to, PING is answered with a plain +PONG.
  if (entry.purpose == upstream::Purpose::probe) {
    return reply.type() == '+' || reply.type() == '*' || reply.is_error();
  }
  if (!reply.is_error() && reply.type() != '*') return false;
  const auto number = static_cast<std::uint64_t>(entry.ticket);
  if (number == 0) return true;
  observer_.on_answer(*this, number,
                      reply.is_error() ? error_text(reply.bytes) : std::string_view());
  return true;
}

void SubscriberLink::on_unanswered(upstream::Connection&, const InFlight& entry, std::string_view,
                                   bool) {
  const auto number = static_cast<std::uint64_t>(entry.ticket);
  if (number != 0) observer_.on_no_answer(number);
}

bool SubscriberLink::on_push(upstream::Connection&, std::string_view bytes) {
  const auto frame = parse_pubsub_frame(bytes);
  if (!frame) return false;
  switch (frame->type) {
    case PubSubFrame::Type::message:
      observer_.on_message(*this, *frame, bytes);
      return true;
    case PubSubFrame::Type::unsubscribed:
      observer_.on_dropped(*this, *frame);
      return true;
    case PubSubFrame::Type::subscribed:
    case PubSubFrame::Type::pong:
      break;
  }
  return false;  // a confirmation of what nobody asked for
}

void SubscriberLink::on_ready(upstream::Connection&) { observer_.on_link_up(*this); }

void SubscriberLink::on_down(upstream::Connection&, std::string_view reason) {
  if (!leaving_) observer_.on_link_down(*this, reason);
}

void SubscriberLink::wants_flush(upstream::Connection& connection) {
  observer_.wants_flush(connection);
}

}  // namespace slotway::server
