#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/transport.h"
#include "resp/partial_input.h"
#include "resp/request_parser.h"
#include "session/output.h"
#include "session/request_pool.h"
#include "stats/turn_clock.h"
#include "stats/worker_stats.h"

namespace slotway::session {

class ClientSession;

/// What a handler made of a request.
enum class Verdict : std::uint8_t {
  accepted,  ///< answered, or on its way to be
  stalled,   ///< cannot be handled now: the session keeps it and offers it again when it is resumed
};

/// Decides what happens with each request: the worker's dispatcher.
class RequestHandler {
 public:
  virtual Verdict handle(ClientSession& session, const resp::RequestView& request) = 0;
  /// All requests a session had in flight have been answered: what waited for that may go on.
  virtual void on_all_answered(ClientSession& session) = 0;

 protected:
  ~RequestHandler() = default;
};

/// What becomes of sessions outside of their own conversation: the worker.
class SessionObserver {
 public:
  /// The session has output: flush it at the end of the turn. Called once per turn at most.
  virtual void wants_flush(ClientSession& session) = 0;
  /// The session can go on: call resume_now at the end of the turn. Called once per turn at most.
  virtual void wants_resume(ClientSession& session) = 0;
  /// The last call; the session may be destroyed in it.
  virtual void on_session_closed(ClientSession& session) = 0;

 protected:
  ~SessionObserver() = default;
};

struct SessionLimits {
  resp::RequestLimits request;
  std::size_t pipeline = 16'384;                    ///< requests pending per client, at most
  std::size_t output_soft = std::size_t{1} << 20;   ///< above: the client is not read
  std::size_t output_hard = std::size_t{64} << 20;  ///< above: the client is closed
};

/// What all sessions of a worker share. One thread, one worker.
struct SessionContext {
  RequestHandler& handler;
  SessionObserver& observer;
  stats::WorkerStats& stats;
  stats::TurnClock& clock;
  SessionLimits limits;
  std::span<char> read_buffer;
  RequestPool requests{};
  BufferPool buffers{};
  resp::RequestParser parser{};
};

/// What the handler keeps of a client; the session only owns it and lets it end with itself.
class SessionExtension {
 public:
  virtual ~SessionExtension() = default;
};

/// CLIENT REPLY: what becomes of the replies to the requests that follow.
enum class ReplyMode : std::uint8_t {
  on,
  skip_next,  ///< the next one is dropped; without effect in mode off, as in Redis
  off,        ///< all are dropped
};

/// What a session holds at a moment, in bytes; for people and for memory limits.
struct SessionUsage {
  std::size_t input = 0;          ///< an unfinished request, or requests not taken up yet
  std::size_t input_free = 0;     ///< room left in the buffer they lie in
  std::size_t output = 0;         ///< reply bytes not written yet
  std::size_t output_chunks = 0;  ///< the buffers they lie in
  std::size_t output_memory = 0;  ///< and the memory of those, parked replies included
  std::size_t total = 0;          ///< all memory of the session but its extension's
};

/// Rarely needed facts about a client, allocated when the first of them is set.
struct ClientDetails {
  std::string name;
  std::string library_name;
  std::string library_version;
};

/// Why a client's requests are not taken up at present. Reading goes on when no reason is left.
enum class Pause : std::uint8_t {
  route = 1U << 0,     ///< its next request has nowhere to go, or must wait for others to finish
  pipeline = 1U << 1,  ///< too many requests pending
  output = 1U << 2,    ///< it does not read its replies
  closing = 1U << 3,   ///< no more requests: what is pending is answered, then it is closed
  /// Its request takes as long as it likes. It is read on nevertheless, up to the limit of a
  /// request, because that is how one sees it leave.
  blocked = 1U << 4,
};

/// One client: its bytes in, its requests in order, its replies in that same order, its bytes out.
///
/// Replies may come in any order from several nodes; the session passes on the one its oldest
/// request waits for and parks the others. A session that leaves gives its requests back, so that
/// replies which come later find nobody. It needs no sockets: tests drive it through a scripted
/// transport.
class ClientSession final : public net::TransportHandler {
 public:
  ClientSession(std::uint64_t id, SessionContext& context);
  ~ClientSession();
  ClientSession(const ClientSession&) = delete;
  ClientSession& operator=(const ClientSession&) = delete;

  /// Starts to read from the client.
  void start(std::unique_ptr<net::Transport> transport);

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] bool is_open() const noexcept { return open_; }
  [[nodiscard]] net::Transport& transport() noexcept { return *transport_; }

  /// When the bytes of the requests being handled were read.
  [[nodiscard]] std::uint64_t read_at_ns() const noexcept { return read_at_ns_; }
  [[nodiscard]] bool last_request_was_inline() const noexcept { return was_inline_; }

  // For the handler -----------------------------------------------------------------------------

  /// Adds a request to the line of those to be answered. It stays valid until it is answered.
  [[nodiscard]] PendingRequest& open_request();

  /// Answers a request of this session; its reply goes out when its turn comes.
  void answer(PendingRequest& request, const resp::ReplyFrame& reply);
  void answer(PendingRequest& request, std::string_view reply) {
    answer(request, resp::ReplyFrame{reply, nullptr});
  }

  /// Answers the request being handled at once.
  void reply(std::string_view reply);

  /// Sends frames that answer no request (pushes, a monitor's lines): they go out at once, between
  /// replies. May be called in any turn; does nothing once the session has closed.
  void push(std::string_view frames);
  /// The same for frames that many clients get alike and that are worth not being copied for each.
  void push(SharedBytes frames);
  /// Sends such frames behind the replies to all requests pending now.
  void push_when_answered(std::string_view frames);
  /// Lets a work end when all requests pending now have been answered, or the client has left.
  void end_when_answered(std::unique_ptr<RequestWork> work);

  /// Bytes that wait to be written to the client, those that the kernel has no room for included.
  [[nodiscard]] std::size_t output_size() const noexcept { return output_.size(); }

  /// From now on, for requests that are not open yet.
  void set_reply_mode(ReplyMode mode) noexcept;

  /// Requests pending, and how many of them have not been answered yet.
  [[nodiscard]] std::size_t pending() const noexcept { return pending_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

  /// The requests in order. `visit` returns false to stop.
  template <typename Visitor>
  void for_each_pending(Visitor&& visit) {
    for (std::uint32_t index = head_; index != RequestPool::kNone;) {
      PendingRequest& request = context_.requests.at(index);
      index = request.next;
      if (!visit(request)) return;
    }
  }

  /// Takes no more requests; closes once everything pending is answered and written.
  void close_when_answered();

  /// Takes up no more requests until all that are pending have been answered, however long that
  /// takes.
  void block() noexcept { pause(Pause::blocked); }

  /// Ends the client now. Pending requests are given back.
  void abort();

  void resume(Pause reason);
  [[nodiscard]] bool paused_for(Pause reason) const noexcept {
    return (pauses_ & static_cast<std::uint8_t>(reason)) != 0;
  }
  [[nodiscard]] bool idle() const noexcept {
    return pending_ == 0 && output_.empty() && partial_ == nullptr;
  }

  /// When the client came, in whole seconds of the worker's clock.
  [[nodiscard]] std::uint32_t opened_s() const noexcept { return opened_s_; }
  [[nodiscard]] bool is_reading() const noexcept { return pauses_ == 0; }
  [[nodiscard]] bool is_writing() const noexcept { return write_pending_; }
  [[nodiscard]] SessionUsage usage();

  /// Gives the request at hand its full time again, after a pause it is not to blame for.
  void restart_clock() noexcept { read_at_ns_ = context_.clock.now_ns(); }

  [[nodiscard]] ClientDetails& details();
  [[nodiscard]] const ClientDetails* known_details() const noexcept { return details_.get(); }

  /// Null for the many clients of which nothing needs to be kept.
  std::unique_ptr<SessionExtension> extension;
  /// RESP version of the client's replies: 2, or 3 after HELLO 3.
  std::uint8_t protocol = 2;
  /// Of the last request, for CLIENT LIST.
  command::CommandId last_command = command::kNoCommand;
  /// What the client has asked for and Slotway only takes note of.
  bool no_evict = false;
  /// Somebody else sees to it that the output does not grow too large: SessionLimits::output_hard
  /// is not applied.
  bool output_is_watched = false;
  bool no_touch = false;
  /// Version of the slot map by which this session's requests are routed.
  std::uint64_t map_version = 0;
  /// How many of its requests wait in the retry queue.
  std::uint32_t held_requests = 0;
  /// Where the client may have written: a bit for each 256 slots, which is what there is room for
  /// here.
  std::uint64_t written_regions = 0;
  [[nodiscard]] static constexpr unsigned region_of(cluster::Slot slot) noexcept {
    return slot.value() / (cluster::kSlotCount / 64);
  }
  void note_write(cluster::Slot slot, bool writes) noexcept {
    written_regions |= std::uint64_t{writes} << region_of(slot);
  }
  /// Position in the worker's list of sessions.
  std::uint32_t worker_index = 0;

  // For the observer ----------------------------------------------------------------------------
  void flush();
  void resume_now();

  std::span<char> read_room() override;
  void on_read(std::size_t size) override;
  void on_write_drained() override;
  void on_end(net::End end, std::string_view reason) override;
  void on_closed() override;

 private:
  /// An unfinished request, or requests that cannot be taken up yet.
  struct PartialRequest {
    resp::PartialInput input;
    resp::RequestParser parser;
  };

  [[nodiscard]] std::size_t take_requests(std::string_view bytes, resp::RequestParser& parser);
  void keep_rest(std::string_view bytes, std::size_t consumed);
  void refuse_malformed(const std::string& error);
  [[nodiscard]] bool is_cross_protocol(const resp::RequestView& request) const noexcept;
  PendingRequest& open_answered(std::string_view frames);
  void answer_out_of_turn(PendingRequest& request, const resp::ReplyFrame& reply);
  void pop_answered();
  void remove_head();
  void adapt_window() noexcept;
  [[nodiscard]] bool reads_ahead() const noexcept;
  void read_on_if_blocked();
  void pause(Pause reason) noexcept { pauses_ |= static_cast<std::uint8_t>(reason); }
  void write();
  void write_rest();
  void wrote(std::size_t size);
  void mark_dirty();
  void finish_if_done();
  void limit_output();
  /// Replies that the client has not read, those included that wait for their turn.
  [[nodiscard]] std::size_t unread_bytes() const noexcept { return output_.size() + parked_bytes_; }
  void give_back_requests();

  SessionContext& context_;
  const std::uint64_t id_;
  std::unique_ptr<net::Transport> transport_;
  std::unique_ptr<PartialRequest> partial_;
  std::unique_ptr<ClientDetails> details_;
  Output output_;
  std::uint64_t read_at_ns_ = 0;
  std::size_t write_later_bytes_ = 0;        // handed to the transport and not yet drained
  std::size_t parked_bytes_ = 0;             // memory of replies that wait for their turn
  std::uint32_t head_ = RequestPool::kNone;  // oldest pending request
  std::uint32_t tail_ = RequestPool::kNone;
  std::uint32_t next_order_ = 0;
  std::uint32_t pending_ = 0;
  // With so many requests pending, no more are taken. Replies cannot be taken back once they have
  // been asked for, and everybody waits behind them: so it begins small and grows as long as
  // replies turn out to be.
  std::uint32_t window_;
  std::uint32_t answered_before_ = 0;  // replies, and their bytes, that adapt_window() has seen
  std::uint64_t answered_bytes_before_ = 0;
  std::uint64_t written_bytes_ = 0;
  std::uint32_t waiting_ = 0;
  // Set in PendingRequest::turn of requests whose replies are dropped, else 0: of the next one
  // only, and of all that follow it.
  std::uint32_t mute_next_ = 0;
  std::uint32_t mute_all_ = 0;
  std::uint32_t opened_s_ = 0;
  std::uint8_t pauses_ = 0;
  bool open_ = true;
  bool dirty_ = false;
  bool resume_scheduled_ = false;
  bool reading_ = false;
  bool write_pending_ = false;
  bool was_inline_ = false;
};

}  // namespace slotway::session
