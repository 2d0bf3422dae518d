#include "server/worker.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "server/logging.h"

namespace slotway::server {

using session::ClientSession;

namespace {

using namespace std::chrono_literals;

// The clocks of requests and connections are looked at this often.
constexpr auto kTick = 50ms;

// While draining, a client that has sent nothing for this long is taken to be done.
constexpr std::chrono::nanoseconds kQuiet = 100ms;

session::SessionLimits session_limits(const config::LimitSettings& limits) {
  return {.request = {.max_bulk_bytes = static_cast<std::int64_t>(limits.proto_max_bulk_len),
                      .max_arguments = static_cast<std::int64_t>(limits.proto_max_multibulk_len),
                      .max_inline_bytes = limits.proto_inline_max_size,
                      .max_request_bytes = limits.client_query_buffer_limit},
          .pipeline = limits.client_pipeline,
          .output_soft = limits.client_output_soft,
          .output_hard = limits.client_output_hard};
}

DispatcherOptions dispatcher_options(const config::Settings& settings) {
  const config::ClusterSettings& cluster = settings.cluster;
  // A node may take as long as a request may; only then is its silence a sign that it is gone.
  const auto stuck_after = std::max<std::chrono::milliseconds>(2 * cluster.idle_check_interval,
                                                               settings.timeouts.request + 1s);
  return {.connection = {.credentials = {cluster.username, cluster.password},
                         .connect_timeout = cluster.connect_timeout,
                         .backoff_min = cluster.reconnect_backoff_min,
                         .backoff_max = cluster.reconnect_backoff_max,
                         .idle_check = cluster.idle_check_interval,
                         .stuck_after = stuck_after,
                         .queue_bytes = settings.limits.upstream_queue_bytes},
          .connections_per_node = cluster.connections_per_node,
          .request_timeout = settings.timeouts.request,
          .hold_timeout = cluster.hold_timeout,
          .hold_queue_bytes = settings.limits.hold_queue_bytes,
          .private_connections = settings.limits.private_connections,
          .max_redirects = static_cast<unsigned>(cluster.max_redirects),
          .cross_slot_reads = settings.cross_slot_reads,
          .cross_slot_reply_limit = settings.limits.cross_slot_reply_limit,
          .script_cache_bytes = settings.limits.script_cache_bytes,
          .subscribers = {.output_hard = settings.limits.client_output_pubsub_hard,
                          .output_soft = settings.limits.client_output_pubsub_soft,
                          .soft_time = settings.limits.client_output_pubsub_soft_time},
          .tracking_table_max_keys = settings.limits.tracking_table_max_keys};
}

net::TcpOptions upstream_tcp(const config::ClusterSettings& cluster) {
  return {.keepalive = std::chrono::duration_cast<std::chrono::seconds>(cluster.tcp_keepalive),
          .user_timeout = cluster.tcp_user_timeout};
}

}  // namespace

Worker::Worker(std::size_t index, const config::Settings& settings, WorkerHost& host,
               std::shared_ptr<const command::CommandTable> commands)
    : host_(host),
      index_(index),
      client_tcp_{.user_timeout = 0ms},
      upstream_tcp_(upstream_tcp(settings.cluster)),
      read_buffer_(kReadBufferBytes),
      context_{.handler = dispatcher_,
               .observer = *this,
               .stats = stats_,
               .clock = clock_,
               .limits = session_limits(settings.limits),
               .read_buffer = read_buffer_},
      dispatcher_(dispatcher_options(settings), context_, *this, *this, std::move(commands)),
      mailbox_(std::make_unique<net::Mailbox>(loop_)),
      turn_end_(std::make_unique<net::TurnEnd>(loop_, [this] { end_turn(); })),
      ticker_(std::make_unique<net::Timer>(loop_, [this] { tick(); })) {
  ticker_->start_repeating(kTick);
}

Worker::~Worker() {
  assert(!thread_.joinable());
  if (mailbox_ != nullptr) finish();  // never started
  loop_.run();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() { loop_.run(); }

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

// --- Calls of the control loop -------------------------------------------------------------------

bool Worker::run_on_loop(std::function<void()> work) {
  const std::lock_guard lock(mailbox_mutex_);
  if (mailbox_ == nullptr) return false;
  mailbox_->post(std::move(work));
  return true;
}

bool Worker::post(WorkerPeers::Errand errand) {
  return run_on_loop([this, errand = std::move(errand)] { errand(dispatcher_); });
}

void Worker::add_client(int fd, bool is_unix, std::uint64_t id) {
  clients_.fetch_add(1, std::memory_order_relaxed);
  run_on_loop([this, fd, is_unix, id] { open_session(fd, is_unix, id); });
}

void Worker::adopt(std::shared_ptr<const cluster::SlotMap> map) {
  run_on_loop([this, map = std::move(map)] {
    if (!finishing_) dispatcher_.adopt(map);  // its nodes would never be dismissed
  });
}

void Worker::adopt(std::shared_ptr<const command::CommandTable> commands,
                   std::string server_version) {
  run_on_loop([this, commands = std::move(commands), version = std::move(server_version)] {
    dispatcher_.adopt(commands, version);
  });
}

void Worker::drain(std::chrono::milliseconds limit) {
  run_on_loop([this, limit] {
    drain_until_ns_ =
        clock_.now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(limit).count());
  });
}

// --- Sessions
// --------------------------------------------------------------------------------------

void Worker::open_session(int fd, bool is_unix, std::uint64_t id) {
  auto owned = std::make_unique<ClientSession>(id, context_);
  ClientSession& session = *owned;
  session.worker_index = static_cast<std::uint32_t>(sessions_.size());
  sessions_.push_back(std::move(owned));
  stats_.clients.add();
  stats_.clients_accepted.add();
  session.start(net::UvTransport::adopt(loop_, fd, is_unix, client_tcp_, session));
}

void Worker::on_session_closed(ClientSession& session) {
  dispatcher_.forget(session);
  std::erase(dirty_sessions_, &session);
  std::erase(resumed_sessions_, &session);
  const std::uint32_t index = session.worker_index;
  std::swap(sessions_[index], sessions_.back());
  sessions_[index]->worker_index = index;
  sessions_.pop_back();
  stats_.clients.subtract();
  clients_.fetch_sub(1, std::memory_order_relaxed);
}

void Worker::wants_flush(ClientSession& session) { dirty_sessions_.push_back(&session); }

void Worker::wants_resume(ClientSession& session) { resumed_sessions_.push_back(&session); }

void Worker::wants_flush(upstream::Connection& connection) {
  dirty_connections_.push_back(&connection);
}

// Everything the turn's events have produced leaves together: one write for each node, one for each
// client. Requests that can go on are taken up first, so that they travel with the rest.
void Worker::go_on_and_write() {
  for (std::size_t i = 0; i < resumed_sessions_.size(); ++i) resumed_sessions_[i]->resume_now();
  resumed_sessions_.clear();
  dispatcher_.end_turn();
  for (std::size_t i = 0; i < dirty_connections_.size(); ++i) dirty_connections_[i]->flush();
  dirty_connections_.clear();
  for (std::size_t i = 0; i < dirty_sessions_.size(); ++i) dirty_sessions_[i]->flush();
  dirty_sessions_.clear();
}

void Worker::end_turn() {
  go_on_and_write();
  // A client whose output has just left may go on. Now, because the loop may sleep after this.
  if (!resumed_sessions_.empty()) go_on_and_write();
  if (clock_.was_read()) {
    const std::uint64_t turn_ns = net::Loop::monotonic_ns() - clock_.now_ns();
    if (turn_ns > stats_.slowest_turn_nanoseconds.value()) {
      stats_.slowest_turn_nanoseconds.set(turn_ns);
    }
    clock_.end_turn();
  }
}

// --- Nodes
// -----------------------------------------------------------------------------------------

std::unique_ptr<net::Transport> Worker::connect(const cluster::Endpoint& endpoint,
                                                net::TransportHandler& handler) {
  return net::UvTransport::connect(loop_, endpoint.host, endpoint.port, upstream_tcp_, handler);
}

void Worker::on_node_up(const upstream::Connection& connection) {
  log_debug("connected to node", {{"node", cluster::to_string(connection.endpoint())}});
}

void Worker::on_node_down(const upstream::Connection& connection, std::string_view reason) {
  log_warning("connection to node lost or not made",
              {{"node", cluster::to_string(connection.endpoint())}, {"reason", reason}});
}

// --- The clock, and the end
// --------------------------------------------------------------------------

void Worker::tick() {
  dispatcher_.tick();
  if (drain_until_ns_.has_value()) tick_drain();
}

void Worker::tick_drain() {
  const std::uint64_t now_ns = clock_.now_ns();
  if (finishing_) {
    if (dispatcher_.upstream_gone()) finish();
    return;
  }
  dispatcher_.private_works().drain();
  const bool time_is_up = now_ns >= *drain_until_ns_;
  for (const auto& session : sessions_) {
    const auto quiet = std::chrono::nanoseconds(now_ns - session->read_at_ns());
    if (time_is_up || (session->idle() && quiet >= kQuiet)) session->abort();
  }
  if (!sessions_.empty()) return;
  finishing_ = true;
  dispatcher_.shut_down();
}

// Without handles the loop ends by itself, and the thread with it.
void Worker::finish() {
  ticker_.reset();
  turn_end_.reset();
  {
    const std::lock_guard lock(mailbox_mutex_);
    mailbox_.reset();
  }
  finished_.store(true, std::memory_order_release);
}

}  // namespace slotway::server
