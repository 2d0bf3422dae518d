#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "resp/partial_input.h"
#include "resp/reply_frame.h"
#include "resp/reply_scanner.h"
#include "upstream/in_flight.h"
#include "upstream/retained_output.h"

namespace slotway::upstream {

/// Gets the replies of a pipeline, each with the request it answers.
class ReplySink {
 public:
  /// `request` is the request's bytes as they were sent. Both views end with the call. The sink may
  /// append to this pipeline from inside the call. False: this cannot be the reply to that request,
  /// so the connection has lost count; the request then stays unanswered.
  [[nodiscard]] virtual bool on_reply(const InFlight& entry, std::string_view request,
                                      const resp::ReplyFrame& reply) = 0;
  /// One of the replies before the last to a request that has several. False as above.
  [[nodiscard]] virtual bool on_early_reply(const InFlight& entry, std::string_view frame) = 0;
  /// A RESP3 push that no request asked for. False: the connection must not carry such a thing.
  virtual bool on_push(std::string_view frame) = 0;
  /// True if this push is the reply to the oldest request, as SUBSCRIBE is answered by one.
  [[nodiscard]] virtual bool is_reply(const InFlight&, std::string_view) { return false; }

 protected:
  ~ReplySink() = default;
};

/// Why a connection can no longer be trusted to pair replies with requests.
enum class PipelineFault : std::uint8_t {
  none,
  malformed_reply,  ///< a byte that no reply can have at its place
  surplus_reply,    ///< a reply while nothing waits, or before its request was sent
  unexpected_push,
  impossible_reply,  ///< of a type that its request cannot have
};

/// The conversation on one connection, without the connection: requests out, replies in, paired by
/// order. Pure bytes, so that tests drive it without sockets.
class Pipeline {
 public:
  /// Appends a request: room for entry.size bytes, to be filled at once.
  [[nodiscard]] char* append(const InFlight& entry) {
    queue_.push(entry);
    return output_.extend(entry.size);
  }

  [[nodiscard]] RetainedOutput& output() noexcept { return output_; }
  [[nodiscard]] const RetainedOutput& output() const noexcept { return output_; }
  [[nodiscard]] const InFlightQueue& queue() const noexcept { return queue_; }

  /// Room for the next read; `shared` is the worker's common read buffer.
  [[nodiscard]] std::span<char> read_room(std::span<char> shared) {
    return input_.room(shared, input_.empty() ? 0 : scanner_.least_size());
  }

  /// Takes `size` bytes that stand in the room, and hands each complete reply to the sink.
  [[nodiscard]] PipelineFault receive(std::size_t size, ReplySink& sink);

  /// From now on arrays are pushes: what a subscribed RESP2 connection gets.
  void take_arrays_as_pushes() noexcept { push_type_ = '*'; }

  /// Forgets everything: for the next connection.
  void clear() noexcept;

  /// Called with each unanswered request, oldest first, its bytes, and whether the node may have
  /// got it.
  template <typename Visitor>
  void take_unanswered(Visitor&& visit) {
    ended_ = true;
    while (!queue_.empty()) {
      const InFlight entry = queue_.front();
      const bool may_have_run = output_.front_handed_over(entry.size);
      visit(entry, output_.front(entry.size), may_have_run);
      queue_.pop();
      output_.release(entry.size);
    }
  }

 private:
  [[nodiscard]] PipelineFault deliver(std::string_view frame, bool fills_own_buffer,
                                      ReplySink& sink);

  InFlightQueue queue_;
  RetainedOutput output_;
  resp::PartialInput input_;
  resp::ReplyScanner scanner_;
  std::uint32_t early_replies_ = 0;  // that the oldest request has got
  bool ended_ = false;               // nothing more is received until clear()
  char push_type_ = '>';
};

}  // namespace slotway::upstream
