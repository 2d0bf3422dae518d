#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/endpoint.h"
#include "cluster/slot.h"
#include "resp/reply_frame.h"
#include "session/pending_request.h"

namespace slotway::server {

class Dispatcher;

/// A message that is part of a request's work, and where it goes.
struct Part {
  cluster::Slot slot;      ///< the node that serves it gets the message
  std::string_view bytes;  ///< an array of bulk strings; copied by whoever takes the part
  /// Not null: this very node gets it and no other, be it a replica or a node without slots. What
  /// the node says is passed on as it is; without an answer the part fails at once, it is never
  /// sent again.
  const cluster::Endpoint* node = nullptr;
  /// Past the requests that wait on the connection shared by all clients: for commands that end a
  /// script which holds that one up. Never sent again either.
  bool aside = false;
  /// More than one: several commands in one piece that are run or sent again together, and so many
  /// replies. The work has to be a BlockWork.
  std::uint32_t replies = 1;
};

/// What a work can do while one of its parts is being answered.
class WorkContext {
 public:
  WorkContext(Dispatcher& dispatcher, session::PendingRequest& pending,
              const cluster::Endpoint* answered_by = nullptr) noexcept
      : dispatcher_(dispatcher), pending_(pending), answered_by_(answered_by) {}

  /// Sends one more part. Its reply comes back under this number; any number but upstream::kWhole
  /// will do, as long as no other part in flight has it. False: the node of a part for one node
  /// only cannot be reached, and nobody will hear of this part again.
  bool send(std::uint16_t number, const Part& part);

  /// Sends one more part after a while, for whom asking again at once would bring nothing new. What
  /// a part says of a node and of going aside has no effect.
  void send_later(std::uint16_t number, const Part& part, std::chrono::nanoseconds delay);

  /// The node whose reply this is; null in on_failure.
  [[nodiscard]] const cluster::Endpoint* answered_by() const noexcept { return answered_by_; }

  /// Answers the request. The work ends after the callback that called this.
  void finish(std::string reply) { reply_ = std::move(reply); }

  [[nodiscard]] Dispatcher& dispatcher() noexcept { return dispatcher_; }
  [[nodiscard]] session::PendingRequest& pending() noexcept { return pending_; }
  /// RESP version of the client: the reply has to be encoded in it.
  [[nodiscard]] int protocol() const noexcept;
  /// Set once the work has called finish.
  [[nodiscard]] const std::optional<std::string>& reply() const noexcept { return reply_; }

 private:
  Dispatcher& dispatcher_;
  session::PendingRequest& pending_;
  const cluster::Endpoint* answered_by_;
  std::optional<std::string> reply_;
};

/// A request that takes more than forwarding one message: several parts whose replies become one,
/// or several steps. It is told of each part's end, exactly once, and answers the request when it
/// knows how.
///
/// Redirects, retries, lost connections and the deadline are dealt with by the dispatcher and need
/// no thought here. If the client leaves or its deadline passes, the work is destroyed without a
/// call.
class Work : public session::RequestWork {
 public:
  /// True if its parts are commands other than the client's, whose replies have other types.
  [[nodiscard]] virtual bool sends_other_commands() const noexcept { return true; }
  /// True if its parts may be sent again even if they may have run, whatever the client's command
  /// says.
  [[nodiscard]] virtual bool only_reads() const noexcept { return false; }
  /// The reply to one of a part's commands before its last. False: no node can have meant that.
  [[nodiscard]] virtual bool on_early_reply(std::uint16_t, std::string_view) { return false; }
  /// `reply` may be an error of the node. Its bytes are valid during the call.
  virtual void on_reply(WorkContext& context, std::uint16_t part,
                        const resp::ReplyFrame& reply) = 0;
  /// The part got no reply. `error_text` is that of an error reply, without '-' and CR LF.
  virtual void on_failure(WorkContext& context, std::uint16_t part,
                          std::string_view error_text) = 0;
};

}  // namespace slotway::server
