#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "server/handler.h"
#include "server/private_connections.h"
#include "server/private_work.h"

namespace slotway::server {

/// What INFO replication says of a primary and those who follow it.
struct ReplicationState {
  bool is_primary = false;
  std::int64_t offset = 0;  ///< bytes of its replication stream so far
  std::vector<std::int64_t>
      acknowledged;  ///< by each replica that is online: the stream up to here

  [[nodiscard]] std::int64_t replicas_at(std::int64_t wanted) const noexcept;
};

/// `info` is the reply as it came, with or without its frame.
[[nodiscard]] ReplicationState parse_replication(std::string_view info);

/// WAIT: until so many replicas have what the client has written, or its time is over. The answer
/// is the smallest number of replicas among the shards it has written to.
///
/// A node's own WAIT would tell of the writes of the connection it comes on, and would hold that
/// up. So the nodes are asked how far they and their replicas have come. The client's writes have
/// been answered, so what a primary has in its stream when it is first asked includes them.
/// Replicas report once a second, or when the primary wants them to: that is what a WAIT on a
/// connection of our own is good for. https://redis.io/docs/latest/commands/wait/
class ReplicaWait final : public PrivateWork {
 public:
  ReplicaWait(Dispatcher& dispatcher, std::int64_t replicas, std::uint64_t until_ns);

  /// Asks the shards, each named by one of its slots. A client that has not written anything is
  /// told how many replicas there are.
  void begin(session::PendingRequest& pending, const std::vector<cluster::Slot>& shards,
             bool has_written);

  [[nodiscard]] bool blocks() const noexcept override { return true; }
  [[nodiscard]] bool only_reads() const noexcept override { return true; }
  void unblock(Unblock how, UnblockDone done) override;

  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) override;
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) override;
  void on_own_reply(WorkContext& context, std::uint16_t part,
                    const resp::ReplyFrame& reply) override;
  void on_own_lost(WorkContext& context, std::uint16_t part, const upstream::Connection& connection,
                   bool may_have_run) override;
  void tick(std::uint64_t now_ns) override;

 private:
  struct Shard {
    cluster::Slot slot;
    std::optional<std::int64_t> wanted;  ///< offset that includes the client's writes
    std::int64_t replicas = 0;           ///< that have come so far
    bool is_known = false;               ///< its primary has answered
    std::uint64_t first_look_ns = 0;
    PrivateLease hurry;  ///< the connection on which the primary was made to ask its replicas
  };

  void look_again(WorkContext& context, std::uint16_t part);
  void make_replicas_report(std::uint16_t part);
  [[nodiscard]] std::int64_t fewest_replicas() const noexcept;

  Dispatcher& dispatcher_;
  const std::int64_t replicas_;
  const std::uint64_t until_ns_;  // 0: for ever
  std::vector<Shard> shards_;
};

}  // namespace slotway::server
