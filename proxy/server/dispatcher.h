#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/redirect.h"
#include "cluster/slot_map.h"
#include "command/command_table.h"
#include "routing/reply_merger.h"
#include "routing/router.h"
#include "routing/split_plan.h"
#include "server/client_pause.h"
#include "server/handler.h"
#include "server/instance.h"
#include "server/monitor_feed.h"
#include "server/node_facts.h"
#include "server/node_table.h"
#include "server/private_connections.h"
#include "server/private_works.h"
#include "server/retry_queue.h"
#include "server/script_loader.h"
#include "server/slow_requests.h"
#include "server/subscription_hub.h"
#include "server/tracking_hub.h"
#include "server/work.h"
#include "server/worker_peers.h"
#include "session/client_session.h"
#include "upstream/connection.h"

namespace slotway::server {

/// Why the topology ought to be asked for again.
enum class RefreshReason : std::uint8_t { moved, connection_failed, unreachable, uncovered_slot };

/// What the dispatcher asks of the world around its worker.
class DispatcherHost : public WorkerPeers {
 public:
  /// Rate-limited by whoever answers it; cheap to call again and again.
  virtual void request_refresh(RefreshReason reason) = 0;
  /// Why there is no usable slot map, for people; called when a request gives up for want of one.
  virtual std::string topology_problem() = 0;
  /// Settings and facts of the process; valid as long as the dispatcher.
  [[nodiscard]] virtual const Instance& instance() const noexcept = 0;
  virtual void wants_flush(upstream::Connection& connection) = 0;
  /// A connection to a node changed its state; for the log.
  virtual void on_node_up(const upstream::Connection& connection) = 0;
  virtual void on_node_down(const upstream::Connection& connection, std::string_view reason) = 0;

 protected:
  ~DispatcherHost() = default;
};

struct DispatcherOptions {
  upstream::ConnectionOptions connection;
  std::size_t connections_per_node = 1;
  std::chrono::nanoseconds request_timeout{};
  std::chrono::nanoseconds hold_timeout{};
  std::size_t hold_queue_bytes = 0;
  std::size_t private_connections = 0;
  unsigned max_redirects = 5;
  bool cross_slot_reads = true;
  std::size_t cross_slot_reply_limit = 0;
  std::size_t script_cache_bytes = 0;
  SubscriberLimits subscribers;
  std::size_t tracking_table_max_keys = 0;  ///< of all workers; 0: no limit
};

/// Where sessions and upstream connections meet: takes each request, decides by the command table
/// and the slot map where it goes, and brings each reply back to the request it belongs to.
///
/// It keeps three promises. A request whose outcome is unknown is sent again only if it reads.
/// While one of a session's requests waits to be sent again, or the slot map has changed with
/// requests in flight, that session sends nothing new, so its commands keep their order. And
/// whatever happens, each request gets exactly one reply, at the latest when its deadline passes.
class Dispatcher final : public session::RequestHandler, public upstream::ConnectionObserver {
 public:
  Dispatcher(const DispatcherOptions& options, session::SessionContext& sessions,
             upstream::Connector& connector, DispatcherHost& host,
             std::shared_ptr<const command::CommandTable> commands);

  void adopt(std::shared_ptr<const cluster::SlotMap> map);
  void adopt(std::shared_ptr<const command::CommandTable> commands, std::string server_version);

  /// Deadlines, retries, and the clocks of the connections. Called about every 50 ms.
  void tick();
  /// At the end of each turn, before sessions write.
  void end_turn() {
    monitor_feed_.send_recorded();
    tracking_.end_turn();
  }
  /// Forgets a session that has closed.
  void forget(session::ClientSession& session);
  /// Ends all connections; upstream() says when they are gone.
  void shut_down();
  [[nodiscard]] bool upstream_gone() const noexcept {
    return nodes_.empty() && private_connections_.empty() && subscriptions_.gone() &&
           tracking_.gone();
  }

  session::Verdict handle(session::ClientSession& session,
                          const resp::RequestView& request) override;
  void on_all_answered(session::ClientSession& session) override;

  bool on_reply(upstream::Connection& connection, const upstream::InFlight& entry,
                std::string_view request, const resp::ReplyFrame& reply) override;
  bool on_early_reply(upstream::Connection& connection, const upstream::InFlight& entry,
                      std::string_view frame) override;
  void on_unanswered(upstream::Connection& connection, const upstream::InFlight& entry,
                     std::string_view request, bool may_have_run) override;
  bool on_push(upstream::Connection& connection, std::string_view frame) override;
  void on_ready(upstream::Connection& connection) override;
  void on_down(upstream::Connection& connection, std::string_view reason) override;
  void wants_flush(upstream::Connection& connection) override { host_.wants_flush(connection); }

  // For handlers of single commands ---------------------------------------------------------------

  /// Sends a request as it is to the owner of a slot.
  session::Verdict forward(const Call& call, cluster::Slot slot);
  /// Begins a work: all its first parts are sent, numbered from 0, or none if one of them has no
  /// way; the request then waits like any other.
  session::Verdict start(const Call& call, std::unique_ptr<Work> work, std::span<const Part> parts);
  /// Makes the request wait, unanswered and unsent, until the slot's node can be reached.
  session::Verdict wait_for_route(const Call& call, cluster::Slot slot);
  /// One slot of each shard that holds data: names the shards for whoever asks all of them.
  [[nodiscard]] std::span<const cluster::Slot> shard_slots() const noexcept { return shard_slots_; }
  /// Sends a part of a work that has begun; it waits in the retry queue if there is no way now.
  /// False if the part is for one node only and that cannot be reached; its failure is not reported
  /// then.
  bool send_part(session::PendingRequest& pending, std::uint16_t number, const Part& part);
  void send_part_later(session::PendingRequest& pending, std::uint16_t number, const Part& part,
                       std::chrono::nanoseconds delay);
  /// Asks for a newer slot map: a node has shown that ours is old.
  void request_refresh(RefreshReason reason = RefreshReason::moved) {
    host_.request_refresh(reason);
  }
  /// What nodes have said of themselves to those who asked.
  [[nodiscard]] NodeFactsCache& node_facts() noexcept { return node_facts_; }
  [[nodiscard]] std::uint64_t now_ns() noexcept { return sessions_.clock.now_ns(); }
  /// Sends a request where its keys say, or parts of it, or to any one shard if it has none.
  session::Verdict forward_by_keys(const Call& call) { return route_by_keys(call); }
  /// The one slot of a request's keys; nothing if it names none, or none that can be understood.
  /// The error is that of an error reply: keys of several slots, a key without its value.
  [[nodiscard]] std::expected<std::optional<cluster::Slot>, std::string> slot_of_keys(
      const Call& call);
  /// Sends a request without keys to any one shard, always the same one for a client.
  session::Verdict forward_to_any_shard(const Call& call);
  /// Sends a request to every shard and merges their replies as its command's tips say.
  session::Verdict fan_out(const Call& call);
  /// Sends an EVALSHA where its keys say, behind the script if the node may lack it.
  session::Verdict forward_script_call(const Call& call);
  /// Remembers a script that a client has sent, and forgets all of them, on every worker.
  void learn_script(std::string_view body, ScriptSource source);
  void forget_scripts();
  /// To be asked before anything with script calls in it is sent past forward() and send_part().
  [[nodiscard]] ScriptLoader& scripts() noexcept { return scripts_; }
  /// Opens a request that code of Slotway's own answers later, through answer(). `work` ends with
  /// it.
  [[nodiscard]] session::PendingRequest& open_for_later(const Call& call,
                                                        std::unique_ptr<session::RequestWork> work);
  /// Null if the request is over: answered, its client gone, or its deadline passed.
  [[nodiscard]] session::PendingRequest* find_pending(session::RequestHandle handle) noexcept {
    return sessions_.requests.find(handle);
  }
  /// Answers a request that was opened before, and counts it.
  void answer(session::PendingRequest& pending, std::string_view reply);
  /// Sends a request as it is to all shards, and to the replicas as well if its route says
  /// all_nodes: those that can be reached. The replies are merged.
  session::Verdict fan_out(const Call& call, routing::MergePolicy policy);
  /// What Slotway answers to a request whose handler answers at once.
  [[nodiscard]] std::string own_answer(session::ClientSession& session, std::string_view request);
  [[nodiscard]] std::size_t max_request_bytes() const noexcept {
    return sessions_.limits.request.max_request_bytes;
  }
  /// Answers a request at once and counts it.
  session::Verdict reply(const Call& call, std::string_view reply);
  session::Verdict reply_error(const Call& call, std::string_view message);

  // For works that have connections of their client's own
  // -----------------------------------------------

  [[nodiscard]] PrivateConnections& private_connections() noexcept { return private_connections_; }
  [[nodiscard]] PrivateWorks& private_works() noexcept { return private_works_; }
  [[nodiscard]] const DispatcherOptions& options() const noexcept { return options_; }
  void count_redirect(stats::Redirect kind) noexcept;
  /// The node that serves a slot; null while none is known.
  [[nodiscard]] const cluster::Endpoint* owner_of(cluster::Slot slot) const noexcept;
  /// The node that a redirect names, by any of its addresses; null if it is none of the slot map's.
  /// A script can make a node answer whatever it likes, so that only to those is a redirect
  /// followed: nobody else gets to see a request, or the password of the cluster.
  [[nodiscard]] const cluster::Endpoint* member_at(const cluster::Endpoint& address) const noexcept;
  /// True if the connection shared by all clients has reached a node. It tries to from now on.
  [[nodiscard]] bool reaches(const cluster::Endpoint& node, const session::ClientSession& session);
  /// Sends a message of a private work over a connection that accepts requests. With several
  /// replies, those before the last go to Work::on_early_reply.
  static void send_own(upstream::Connection& connection, session::RequestHandle request,
                       std::uint16_t part, std::string_view bytes, std::uint32_t replies = 1);
  static void send_asking(upstream::Connection& connection, cluster::Slot slot);
  /// Sends something over the connection shared by all clients whose reply is nobody's but the
  /// work's. False if that has no way.
  bool send_own_shared(const cluster::Endpoint& node, const session::PendingRequest& pending,
                       std::uint16_t part, std::string_view bytes);

  // For handlers that concern all clients: called on each worker
  // --------------------------------------

  void pause_clients(ClientPause::Mode mode, std::uint64_t until_ns);
  void unpause_clients();
  void begin_monitoring_for(std::size_t worker);
  void end_monitoring_for(std::size_t worker);
  [[nodiscard]] MonitorFeed& monitor_feed() noexcept { return monitor_feed_; }
  [[nodiscard]] SubscriptionHub& subscriptions() noexcept { return subscriptions_; }
  [[nodiscard]] TrackingHub& tracking() noexcept { return tracking_; }

  [[nodiscard]] SlowRequests& slow_requests() noexcept { return slow_requests_; }

  [[nodiscard]] WorkerPeers& peers() noexcept { return host_; }
  [[nodiscard]] const Instance& instance() const noexcept { return host_.instance(); }
  [[nodiscard]] stats::TurnClock& clock() noexcept { return sessions_.clock; }
  [[nodiscard]] const cluster::SlotMap* map() const noexcept { return map_.get(); }
  [[nodiscard]] const command::CommandTable& commands() const noexcept { return *commands_; }
  /// redis_version of the cluster; empty until a node has been asked.
  [[nodiscard]] const std::string& server_version() const noexcept { return server_version_; }

 private:
  session::Verdict take(session::ClientSession& session, const resp::RequestView& request);
  session::Verdict take_with_state(const Call& call);
  session::Verdict take_at_gate(session::ClientSession& session, const resp::RequestView& request);
  void set_gate() noexcept;
  session::Verdict refuse_unknown(session::ClientSession& session,
                                  const resp::RequestView& request);
  session::Verdict send_on(const Call& call);
  session::Verdict route(const Call& call);
  session::Verdict route_by_keys(const Call& call);
  session::Verdict cross_slots(const Call& call);
  session::Verdict split(const Call& call);
  /// REQUIRES: there are shards.
  [[nodiscard]] cluster::Slot any_shard_of(const session::ClientSession& session) const noexcept {
    return shard_slots_[session.id() % shard_slots_.size()];
  }
  void tell_other_workers(const WorkerPeers::Errand& errand);
  [[nodiscard]] upstream::Connection* connection_for(cluster::Slot slot,
                                                     const session::ClientSession& session);
  [[nodiscard]] upstream::Connection* connection_for(const Part& part,
                                                     const session::ClientSession& session);
  session::PendingRequest& open(const Call& call, cluster::Slot slot);

  [[nodiscard]] bool handle_not_run(upstream::Connection& connection,
                                    const upstream::InFlight& entry, std::string_view request,
                                    session::PendingRequest& pending, std::string_view error_text);
  [[nodiscard]] bool on_special_reply(upstream::Connection& connection,
                                      const upstream::InFlight& entry, std::string_view request,
                                      const resp::ReplyFrame& reply);
  [[nodiscard]] bool on_block_reply(upstream::Connection& connection,
                                    const upstream::InFlight& entry, std::string_view request,
                                    session::PendingRequest& pending,
                                    const resp::ReplyFrame& reply);
  /// The same for what is a node's own word beyond doubt.
  [[nodiscard]] bool handle_refusal(upstream::Connection& connection,
                                    const upstream::InFlight& entry, std::string_view request,
                                    session::PendingRequest& pending, std::string_view error_text);
  /// The same for a script that may write: holds the call until it is known who has answered.
  [[nodiscard]] bool verify_refusal(upstream::Connection& connection,
                                    const upstream::InFlight& entry, std::string_view request,
                                    session::PendingRequest& pending, std::string_view error_text);
  /// What to ask the node to see whether it refuses such a call; empty if nothing can show it.
  [[nodiscard]] std::string question_about(std::string_view request, std::string_view error_text);
  bool on_refusal_verified(upstream::Connection& connection, session::PendingRequest& pending,
                           const resp::ReplyFrame& reply);
  bool answer_for_script(session::PendingRequest& pending, std::string_view error_text);
  void on_own_unanswered(upstream::Connection& connection, const upstream::InFlight& entry,
                         bool may_have_run);
  [[nodiscard]] bool follow(const cluster::Redirection& redirection,
                            const upstream::InFlight& entry, std::string_view request,
                            session::PendingRequest& pending);
  /// False: there is no use in it, and the client gets the node's NOSCRIPT.
  [[nodiscard]] bool call_script_again(upstream::Connection& connection,
                                       const upstream::InFlight& entry, std::string_view request,
                                       session::PendingRequest& pending, std::string_view text);
  /// Sends a request again later, or fails it if too many wait already. `refused_by` is the
  /// connection that is still to answer requests sent behind it.
  void retry(session::PendingRequest& pending, const upstream::InFlight& entry,
             std::string_view request, std::chrono::nanoseconds delay, std::string_view last_error,
             const upstream::Connection* refused_by = nullptr);
  void hold(session::PendingRequest& pending, const upstream::InFlight& entry,
            std::string_view request, std::chrono::nanoseconds delay, std::string_view last_error,
            const upstream::Connection* refused_by = nullptr);
  /// A request has run although others of its session wait to be sent again.
  void note_run(const session::PendingRequest& ran, cluster::Slot slot, std::string_view request);
  [[nodiscard]] bool has_passed(const HeldRequest::Fence& fence,
                                const session::ClientSession& session) const;
  [[nodiscard]] bool send_held(session::PendingRequest& pending, const HeldRequest& held);
  void run_retries();

  /// `request` is what the client has sent, if that is at hand.
  void finish(session::PendingRequest& pending, const resp::ReplyFrame& reply,
              stats::Outcome outcome, std::string_view request = {});
  void finish_with_error(session::PendingRequest& pending, const resp::ReplyFrame& reply,
                         stats::Outcome outcome, std::string_view request = {});
  /// `error_outcome` counts if the reply is an error.
  void finish_with_either(session::PendingRequest& pending, std::string_view reply,
                          stats::Outcome error_outcome);
  void finish_part(session::PendingRequest& pending, std::uint16_t part,
                   const resp::ReplyFrame& reply, const cluster::Endpoint& answered_by);
  void conclude(WorkContext& context, stats::Outcome error_outcome);
  void fail(session::PendingRequest& pending, std::uint16_t part, std::string_view error_text);
  void fail_overdue();
  void resume_waiting_sessions();
  void count(command::CommandId command, stats::Outcome outcome) noexcept;
  void note_slow(const session::PendingRequest& pending, std::uint64_t nanoseconds,
                 std::string_view request);
  void note_slow(session::ClientSession& session, const command::Command& command,
                 std::uint64_t nanoseconds, std::string arguments);
  /// Keeps what is needed of a request should it turn out to be slow: for one whose bytes are not
  /// sent as they are.
  void remember(session::PendingRequest& pending, const Call& call) const;

  const DispatcherOptions options_;
  session::SessionContext& sessions_;
  DispatcherHost& host_;
  NodeFactsCache node_facts_;
  NodeTable nodes_;
  PrivateConnections private_connections_;
  PrivateWorks private_works_;
  RetryQueue retries_;
  ScriptLoader scripts_;
  SubscriptionHub subscriptions_;
  TrackingHub tracking_;
  routing::Splitter splitter_;
  std::shared_ptr<const command::CommandTable> commands_;
  HandlerTable handlers_;
  std::string server_version_;
  std::shared_ptr<const cluster::SlotMap> map_;
  std::uint64_t map_version_ = 0;
  bool is_shut_down_ = false;
  // A session whose map_version differs is looked at before its next request is taken. It is the
  // version of the map, or no version at all while every request has to be looked at: one
  // comparison for all reasons.
  std::uint64_t gate_ = 0;
  ClientPause pause_;
  MonitorFeed monitor_feed_;
  SlowRequests slow_requests_;
  std::vector<cluster::Slot> shard_slots_;  // one slot of each shard, to name it by
  std::vector<session::ClientSession*> waiting_for_route_;
  std::vector<std::uint32_t> key_positions_;  // scratch
  std::string* own_answer_ =
      nullptr;  // where a reply goes while own_answer() runs, instead of to the client
};

}  // namespace slotway::server
