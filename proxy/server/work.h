#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/slot.h"
#include "resp/reply_frame.h"
#include "session/pending_request.h"

namespace slotway::server {

class Dispatcher;

/// A message that is part of a request's work, and where it goes.
struct Part {
  cluster::Slot slot;      ///< the node that serves it gets the message
  std::string_view bytes;  ///< an array of bulk strings; copied by whoever takes the part
};

/// What a work can do while one of its parts is being answered.
class WorkContext {
 public:
  WorkContext(Dispatcher& dispatcher, session::PendingRequest& pending) noexcept
      : dispatcher_(dispatcher), pending_(pending) {}

  /// Sends one more part. Its reply comes back under this number; any number but upstream::kWhole will do,
  /// as long as no other part in flight has it.
  void send(std::uint16_t number, const Part& part);

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
  std::optional<std::string> reply_;
};

/// A request that takes more than forwarding one message: several parts whose replies become one, or
/// several steps. It is told of each part's end, exactly once, and answers the request when it knows how.
///
/// Redirects, retries, lost connections and the deadline are dealt with by the dispatcher and need no
/// thought here. If the client leaves or its deadline passes, the work is destroyed without a call.
class Work : public session::RequestWork {
 public:
  /// `reply` may be an error of the node. Its bytes are valid during the call.
  virtual void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) = 0;
  /// The part got no reply. `error_text` is that of an error reply, without '-' and CR LF.
  virtual void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) = 0;
};

}  // namespace slotway::server
