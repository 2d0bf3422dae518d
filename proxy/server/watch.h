#pragma once

#include <optional>
#include <string>
#include <utility>

#include "cluster/slot.h"
#include "server/exec_conversation.h"
#include "server/handler.h"
#include "server/private_connections.h"
#include "server/private_work.h"

namespace slotway::server {

/// The keys a client watches, all of one slot: they are watched by a connection of the client's own
/// to the node that serves it, over which its EXEC travels as well.
///
/// Whatever happens to that connection, or to the slot, counts as a change of a watched key: EXEC
/// is then answered with null, as a client that watches has to expect at any time, and nothing is
/// run.
/// https://redis.io/docs/latest/develop/using-commands/transactions/#optimistic-locking-using-check-and-set
class Watch {
 public:
  Watch(PrivateLease lease, cluster::Slot slot, bool asked) noexcept
      : lease_(std::move(lease)), slot_(slot), asked_(asked) {}

  [[nodiscard]] cluster::Slot slot() const noexcept { return slot_; }
  /// True if the node watches; else EXEC has to fail.
  [[nodiscard]] bool holds() const noexcept { return lease_.alive(); }
  /// True if the node serves the slot only after ASKING.
  [[nodiscard]] bool asked() const noexcept { return asked_; }

  [[nodiscard]] PrivateLease take_lease() noexcept { return std::exchange(lease_, PrivateLease()); }
  void put_back(PrivateLease lease) noexcept { lease_ = std::move(lease); }

  /// Forgets the keys, so that the connection can serve others.
  void release();

 private:
  PrivateLease lease_;
  const cluster::Slot slot_;
  const bool asked_;
};

/// WATCH, for handlers.
[[nodiscard]] session::Verdict begin_watching(const Call& call);

/// EXEC of a client that watches keys. Ends the watch.
class WatchedExec final : public PrivateWork {
 public:
  WatchedExec(Dispatcher& dispatcher, Watch& watch, const Transaction& transaction, int protocol);

  /// Sends it. REQUIRES: the watch held, the transaction has not been sent.
  void begin(session::PendingRequest& pending, Transaction& transaction);

  [[nodiscard]] bool on_early_reply(std::uint16_t, std::string_view frame) override {
    return conversation_.on_early_reply(frame);
  }
  void on_own_reply(WorkContext& context, std::uint16_t part,
                    const resp::ReplyFrame& reply) override;
  void on_own_lost(WorkContext& context, std::uint16_t part, const upstream::Connection& connection,
                   bool may_have_run) override;
  void tick(std::uint64_t now_ns) override;

 private:
  Dispatcher& dispatcher_;
  PrivateLease lease_;
  const bool asked_;
  const int protocol_;
  ExecConversation conversation_;
  std::uint64_t sent_at_ns_ = 0;
};

}  // namespace slotway::server
