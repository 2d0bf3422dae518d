#include "server/tracking_link.h"

#include <algorithm>

namespace slotway::server {

namespace {

using upstream::InFlight;

constexpr std::string_view kRequest =
    "*4\r\n$6\r\nCLIENT\r\n$8\r\nTRACKING\r\n$2\r\nON\r\n$5\r\nBCAST\r\n";
constexpr int kProtocol = 3;  // pushes exist in no other
constexpr std::uint64_t kAskAgainNs = 1'000'000'000;

}  // namespace

TrackingLink::TrackingLink(const cluster::Endpoint& endpoint,
                           const upstream::ConnectionOptions& options, std::span<char> read_buffer,
                           upstream::Connector& connector, TrackingLinkObserver& observer,
                           stats::NodeStats& stats)
    : observer_(observer),
      connection_(endpoint, options, kProtocol, read_buffer, connector, *this, stats) {}

void TrackingLink::ask() {
  if (!connection_.accepts()) return;
  asked_ = Asked::yes;
  const InFlight entry{.size = static_cast<std::uint32_t>(kRequest.size())};
  std::copy(kRequest.begin(), kRequest.end(), connection_.send(entry));
}

void TrackingLink::tick(std::uint64_t now_ns) {
  connection_.tick(now_ns);
  if (asked_ != Asked::refused) return;
  if (ask_again_at_ns_ == 0) ask_again_at_ns_ = now_ns + kAskAgainNs;
  if (now_ns >= ask_again_at_ns_) ask();
}

void TrackingLink::leave(std::string_view reason) {
  leaving_ = true;
  connection_.shut_down(reason);
}

bool TrackingLink::on_reply(upstream::Connection&, const InFlight& entry, std::string_view,
                            const resp::ReplyFrame& reply) {
  if (entry.purpose == upstream::Purpose::probe) return reply.type() == '+' || reply.is_error();
  if (reply.is_error()) {
    asked_ = Asked::refused;
    ask_again_at_ns_ = 0;  // the next tick sets the time
    refusal_ = std::string(reply.bytes.substr(1, reply.bytes.find('\r') - 1));
    observer_.on_refused(*this);
    return true;
  }
  if (reply.type() != '+') return false;
  asked_ = Asked::granted;
  refusal_.clear();
  observer_.on_watching(*this);
  return true;
}

// Nothing to tell: on_down has said it all.
void TrackingLink::on_unanswered(upstream::Connection&, const InFlight&, std::string_view, bool) {}

bool TrackingLink::on_push(upstream::Connection&, std::string_view frame) {
  if (const auto invalidation = parse_invalidation(frame)) observer_.on_changed(*invalidation);
  return true;
}

void TrackingLink::on_ready(upstream::Connection&) {
  observer_.on_link_up(*this);
  if (asked_ == Asked::no) ask();
}

void TrackingLink::on_down(upstream::Connection&, std::string_view reason) {
  const bool was_watching = is_watching();
  asked_ = Asked::no;
  if (!leaving_) observer_.on_link_down(*this, was_watching, reason);
}

void TrackingLink::wants_flush(upstream::Connection& connection) {
  observer_.wants_flush(connection);
}

}  // namespace slotway::server
