#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_frame.h"
#include "server/transaction.h"

namespace slotway::session {
class ClientSession;
}

namespace slotway::server {

class Dispatcher;

/// What a node says to MULTI, commands and EXEC, reply by reply, and what the client is told of it.
/// The client has been told +QUEUED before, so that what the node did not want to queue comes out
/// at EXEC. https://redis.io/docs/latest/develop/using-commands/transactions/
class ExecConversation {
 public:
  explicit ExecConversation(const Transaction& transaction)
      : node_commands_(transaction.node_commands()), own_commands_(transaction.own_commands()) {}

  /// A reply before that to EXEC. False: no node can have meant it.
  [[nodiscard]] bool on_early_reply(std::string_view frame);
  /// True if this can be the reply to EXEC.
  [[nodiscard]] bool accepts(const resp::ReplyFrame& last) const noexcept;

  /// True if EXEC cannot run anything any more.
  [[nodiscard]] bool has_failed_early() const noexcept {
    return !first_error_.empty() && !multi_was_refused_;
  }
  /// The error behind the error of EXEC: that of the first command that was not queued, or the one
  /// that EXECABORT quotes.
  [[nodiscard]] std::string cause_of(std::string_view exec_error) const;
  void begin_again();

  /// The client's reply. Runs the commands that are Slotway's own if the node has run its part.
  [[nodiscard]] std::string reply(Dispatcher& dispatcher, session::ClientSession& session,
                                  const resp::ReplyFrame& last) const;
  /// The same if there is nothing for a node to do.
  [[nodiscard]] std::string own_reply(Dispatcher& dispatcher,
                                      session::ClientSession& session) const;

 private:
  [[nodiscard]] std::string error_reply(std::string_view exec_error) const;
  [[nodiscard]] std::string merged(Dispatcher& dispatcher, session::ClientSession& session,
                                   std::string_view node_elements) const;

  std::size_t node_commands_;
  std::vector<Transaction::OwnCommand> own_commands_;
  std::size_t early_replies_ = 0;
  bool multi_was_refused_ = false;
  std::string first_error_;
};

}  // namespace slotway::server
