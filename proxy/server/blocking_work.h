#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "command/blocking_timeout.h"
#include "server/handler.h"
#include "server/private_request.h"

namespace slotway::server {

/// A command that blocks (BLPOP, XREAD BLOCK, ...) on a connection of its client's own. If the
/// client leaves, the connection is closed at once, so that the node gives nothing to somebody who
/// is not there any more. When the command has to be sent again, then with the time that is left.
class BlockingWork final : public PrivateRequest {
 public:
  BlockingWork(const Call& call, cluster::Slot slot);
  ~BlockingWork() override;

  [[nodiscard]] bool blocks() const noexcept override { return true; }
  void unblock(Unblock how, UnblockDone done) override;
  void tick(std::uint64_t now_ns) override;

 private:
  // CLIENT ID on the private connection, by which the node can be asked to unblock it; CLIENT
  // UNBLOCK on a shared one.
  static constexpr std::uint16_t kClientId = kFirstFree;
  static constexpr std::uint16_t kUnblock = kFirstFree + 1;
  static constexpr std::uint16_t kFirstStream = kFirstFree + 2;

  std::string message(std::uint64_t now_ns) override;
  void before_command(session::PendingRequest& pending) override;
  void on_result(WorkContext& context, const resp::ReplyFrame& reply) override;
  void on_other_reply(WorkContext& context, std::uint16_t part,
                      const resp::ReplyFrame& reply) override;
  [[nodiscard]] bool may_repeat() const noexcept override { return only_reads_; }

  [[nodiscard]] std::string message_again(std::uint64_t now_ns) const;
  void ask_node_to_unblock();
  void tell_unblockers(bool unblocked);
  void answer_unblocked();

  const int protocol_;
  const bool only_reads_;
  std::string request_;
  const std::optional<command::BlockingTimeout> timeout_;
  /// Where XREAD with "$" began to read: sent again, it must not miss what has come meanwhile.
  struct StreamStart {
    std::size_t id_argument;
    std::string key;
    std::optional<std::string> last_id;
  };
  std::vector<StreamStart> stream_starts_;
  std::uint64_t until_ns_ = 0;  // 0: for ever
  bool was_sent_ = false;

  // While somebody wants the client to be freed.
  std::optional<Unblock> unblock_;
  std::vector<UnblockDone> unblockers_;
  unsigned unblock_attempts_ = 0;
  bool unblock_is_due_ = false;
};

/// Begins a blocking command, for handlers.
[[nodiscard]] session::Verdict begin_blocking(const Call& call);

}  // namespace slotway::server
