#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/redirect.h"
#include "cluster/slot.h"
#include "server/private_connections.h"
#include "server/private_work.h"

namespace slotway::server {

class Dispatcher;

/// One command of a client's on a connection of its own: finds the node that serves its slot,
/// follows it through resharding and failover, and waits while there is none, all within a time.
///
/// It keeps the dispatcher's promise for writes: what a node may have executed is not sent again,
/// the client is told that the outcome is unknown.
class PrivateRequest : public PrivateWork {
 public:
  PrivateRequest(Dispatcher& dispatcher, cluster::Slot slot);

  /// Sends the command. The request may have been answered when this returns.
  void begin(session::PendingRequest& pending);

  void on_own_reply(WorkContext& context, std::uint16_t part,
                    const resp::ReplyFrame& reply) override;
  void on_own_lost(WorkContext& context, std::uint16_t part, const upstream::Connection& connection,
                   bool may_have_run) override;
  void tick(std::uint64_t now_ns) override;

 protected:
  /// The part number of the command; subclasses may send others.
  static constexpr std::uint16_t kCommand = 0;
  static constexpr std::uint16_t kFirstFree = 1;

  /// What to send now, which may be for the first time or again.
  [[nodiscard]] virtual std::string message(std::uint64_t now_ns) = 0;
  /// Called when a connection has been chosen, before the command is sent on it.
  virtual void before_command(session::PendingRequest&) {}
  /// The command's reply: any that does not mean that the node has not run it. The lease is still
  /// held.
  virtual void on_result(WorkContext& context, const resp::ReplyFrame& reply) = 0;
  /// The reply to a part of the subclass's own.
  virtual void on_other_reply(WorkContext&, std::uint16_t, const resp::ReplyFrame&) {}
  /// True if the command may be sent again even if it may have run.
  [[nodiscard]] virtual bool may_repeat() const noexcept = 0;
  /// How long the command may be on its way without an answer; nothing: as long as it likes.
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> answer_timeout() const noexcept {
    return std::nullopt;
  }

  [[nodiscard]] Dispatcher& dispatcher() const noexcept { return dispatcher_; }
  [[nodiscard]] PrivateLease& lease() noexcept { return lease_; }
  [[nodiscard]] cluster::Slot slot() const noexcept { return slot_; }
  /// True if the node answers for the slot only after ASKING.
  [[nodiscard]] bool asked() const noexcept { return asking_; }
  /// True while a node has the command.
  [[nodiscard]] bool is_sent() const noexcept { return is_sent_; }
  /// Answers the request from outside of a reply. The work has ended when this returns.
  void answer(std::string_view reply);

 private:
  /// An error for the client if it cannot go on.
  using Problem = std::optional<std::string>;

  [[nodiscard]] Problem send();
  [[nodiscard]] Problem follow(const cluster::Redirection& redirection);
  /// Waits a while before the next attempt; there is a problem once that has taken too long.
  [[nodiscard]] Problem put_off(std::chrono::nanoseconds delay, std::string_view why);
  [[nodiscard]] const cluster::Endpoint* choose_node() const noexcept;
  void look_for_other_owner(std::uint64_t now_ns);

  Dispatcher& dispatcher_;
  const cluster::Slot slot_;
  PrivateLease lease_;
  bool is_sent_ = false;
  bool asking_ = false;
  unsigned hops_ = 0;
  std::optional<cluster::Endpoint> redirected_to_;
  std::optional<cluster::Endpoint> failed_node_;  // not tried again before others reach it
  std::uint64_t sent_at_ns_ = 0;
  std::uint64_t not_before_ns_ = 0;
  std::uint64_t trouble_since_ns_ = 0;  // 0: none
  std::string last_error_;
  // The slot's owner when the command was sent, and since when the map has named another one.
  std::optional<cluster::Endpoint> owner_when_sent_;
  std::uint64_t map_version_ = 0;
  std::uint64_t owner_differs_since_ns_ = 0;
};

}  // namespace slotway::server
