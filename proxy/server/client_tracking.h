#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/handler.h"
#include "server/invalidation.h"
#include "server/tracking_options.h"
#include "session/client_session.h"

namespace slotway::server {

class TrackingHub;
struct ClientFacts;

/// A client with CLIENT TRACKING on.
///
/// What it reads is remembered before it is sent to a node, and what it has to forget is told
/// behind the replies to all it has sent before: so no reply with an older value can come after the
/// word to forget it. https://redis.io/docs/latest/develop/reference/client-side-caching/
class ClientTracking {
 public:
  /// `redirect_worker` is where the client is that options.redirect names.
  ClientTracking(TrackingHub& hub, session::ClientSession& session, TrackingOptions options,
                 std::size_t redirect_worker);
  ~ClientTracking();
  ClientTracking(const ClientTracking&) = delete;
  ClientTracking& operator=(const ClientTracking&) = delete;

  /// CLIENT TRACKING ON once more.
  void change(TrackingOptions options, std::size_t redirect_worker);

  /// Called for each request of the client before it goes anywhere; `in_transaction`: it is queued.
  void before(const Call& call, bool in_transaction);
  /// Called when it has been taken.
  void after(const Call& call, bool in_transaction);

  void tell(const Invalidation& invalidation);
  /// The client that others are told through has gone: this one is told so.
  void redirect_is_broken();

  /// CLIENT CACHING YES or NO: the error, or empty.
  [[nodiscard]] std::string_view set_caching(bool yes) noexcept;

  [[nodiscard]] const TrackingOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return session_.id(); }
  /// The words of CLIENT TRACKINGINFO.
  [[nodiscard]] std::vector<std::string_view> flags() const;
  void describe(ClientFacts& facts) const;

 private:
  [[nodiscard]] bool is_remembered(const Call& call) const noexcept;
  void tell_itself(const Invalidation& invalidation);
  [[nodiscard]] bool only_blocks() const noexcept;

  TrackingHub& hub_;
  session::ClientSession& session_;
  TrackingOptions options_;
  std::size_t redirect_worker_;
  bool redirect_is_broken_ = false;
  bool last_was_exec_ = false;
  bool caching_given_ = false;                 // CLIENT CACHING has been said for the next command
  std::vector<std::string> transaction_keys_;  // to be remembered when EXEC sends what reads them
};

}  // namespace slotway::server
