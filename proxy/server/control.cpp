#include "server/control.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>
#include <variant>

#include "admin/routes.h"
#include "server/logging.h"

namespace slotway::server {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view kTooManyClients = "-ERR max number of clients reached\r\n";
constexpr auto kDrainCheck = 20ms;

std::string_view describe(RefreshReason reason) noexcept {
  switch (reason) {
    case RefreshReason::moved:
      return "moved";
    case RefreshReason::connection_failed:
      return "connection_failed";
    case RefreshReason::unreachable:
      return "unreachable";
    case RefreshReason::uncovered_slot:
      return "uncovered_slot";
  }
  return "";
}

TopologyOptions topology_options(const config::ClusterSettings& cluster) {
  TopologyOptions options{.credentials = {cluster.username, cluster.password},
                          .interval = cluster.refresh_interval,
                          .min_interval = cluster.refresh_min_interval,
                          .answer_timeout = cluster.connect_timeout};
  for (const config::HostPort& seed : cluster.seeds)
    options.seeds.push_back({seed.host, seed.port});
  return options;
}

// The value of a line "name:value" of INFO; empty if there is none.
std::string_view info_field(std::string_view info, std::string_view name) noexcept {
  const std::size_t at = info.find(std::string(name) + ":");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = info.substr(at + name.size() + 1);
  return rest.substr(0, rest.find('\r'));
}

// Each client and each node costs a descriptor: asks for as many as this process may have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Control::Control(Instance instance)
    : instance_(std::move(instance)), mailbox_(std::make_unique<net::Mailbox>(loop_)) {
  shared_.commands = command::CommandTable::built_in();
  // The private bases are reachable here, but not from inside make_unique.
  upstream::Connector& connector = *this;
  TopologyObserver& observer = *this;
  WorkerHost& host = *this;
  topology_ = std::make_unique<TopologyService>(loop_, topology_options(settings_.cluster),
                                                connector, observer);
  drain_timer_ = std::make_unique<net::Timer>(loop_, [this] { finish(); });
  const std::size_t count =
      settings_.workers > 0 ? settings_.workers : std::thread::hardware_concurrency();
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    workers_.push_back(std::make_unique<Worker>(i, settings_, host, shared_.commands));
  }
}

Control::~Control() {
  admin_server_.reset();
  for (const auto& worker : workers_) worker->join();
  listeners_.clear();
  signals_.clear();
  topology_.reset();
  drain_timer_.reset();
  mailbox_.reset();
  loop_.run();  // lets the closed handles go
}

// --- Start
// -----------------------------------------------------------------------------------------

std::expected<void, std::string> Control::open() {
  raise_descriptor_limit();
  for (const config::ListenAddress& address : settings_.listen) {
    if (auto opened = open_listener(address); !opened) return opened;
  }
  return open_admin();
}

std::expected<void, std::string> Control::open_listener(const config::ListenAddress& address) {
  const auto on_accept = [this](net::Listener::Accepted accepted) { on_client(accepted); };
  const auto on_exhausted = [](const std::string& reason) {
    log_error("cannot accept clients, trying again shortly", {{"reason", reason}});
  };
  auto opened = std::holds_alternative<config::UnixPath>(address)
                    ? net::Listener::listen_unix(loop_, std::get<config::UnixPath>(address).path,
                                                 on_accept, on_exhausted)
                    : net::Listener::listen_tcp(loop_, std::get<config::HostPort>(address).host,
                                                std::get<config::HostPort>(address).port, on_accept,
                                                on_exhausted);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string& bound = (*opened)->address();
  log_info("listening on " + bound);
  if (std::holds_alternative<config::HostPort>(address) && instance_.tcp_port == 0) {
    instance_.tcp_port = static_cast<std::uint16_t>(std::stoul(bound.substr(bound.rfind(':') + 1)));
  }
  listeners_.push_back(std::move(*opened));
  return {};
}

std::expected<void, std::string> Control::open_admin() {
  if (!settings_.admin) return {};
  const admin::StatusSource& status = *this;
  metrics_ = std::make_unique<admin::MetricsCollector>(status);
  auto started = admin::HttpServer::start(config::to_string(*settings_.admin),
                                          admin::admin_routes(status, *metrics_));
  if (!started) return std::unexpected(std::move(started.error()));
  admin_server_ = std::move(*started);
  log_info("admin on " + admin_server_->bound_endpoint());
  return {};
}

void Control::run() {
  for (const int number : {SIGTERM, SIGINT}) {
    signals_.push_back(std::make_unique<net::SignalWatcher>(loop_, number, [this] { drain(); }));
  }
  for (const auto& worker : workers_) worker->start();
  topology_->start();
  loop_.run();
}

// --- Clients
// ---------------------------------------------------------------------------------------

void Control::on_client(net::Listener::Accepted accepted) {
  std::size_t clients = 0;
  for (const auto& worker : workers_) clients += worker->clients();
  if (clients >= static_cast<std::size_t>(instance_.runtime->maxclients.load())) {
    // As Redis does: said once, without waiting for the client to read it.
    static_cast<void>(::send(accepted.fd, kTooManyClients.data(), kTooManyClients.size(),
                             MSG_DONTWAIT | MSG_NOSIGNAL));
    ::close(accepted.fd);
    clients_refused_.add();
    return;
  }
  const auto& least =
      *std::ranges::min_element(workers_, {}, [](const auto& worker) { return worker->clients(); });
  least->add_client(accepted.fd, accepted.is_unix, next_client_id_++);
}

// --- Topology
// --------------------------------------------------------------------------------------

void Control::request_refresh(RefreshReason reason) {
  // Workers ask with every request that finds no way; one message is enough.
  if (refresh_requested_.exchange(true, std::memory_order_relaxed)) return;
  mailbox_->post([this, reason] {
    refresh_requested_.store(false, std::memory_order_relaxed);
    topology_->request(describe(reason));
  });
}

std::string Control::topology_problem() {
  const std::lock_guard lock(shared_mutex_);
  return "the cluster cannot be reached: " + shared_.problem;
}

void Control::on_map(std::shared_ptr<const cluster::SlotMap> map, std::string_view reason) {
  {
    const std::lock_guard lock(shared_mutex_);
    shared_.map = map;
  }
  log_info("slot map adopted", {{"version", map->version()},
                                {"reason", reason},
                                {"shards", map->shards().size()},
                                {"nodes", map->nodes().size()},
                                {"slots_covered", map->covered_slots()}});
  for (const auto& worker : workers_) worker->adopt(map);
}

void Control::on_refreshed(std::string_view reason) {
  const std::lock_guard lock(shared_mutex_);
  shared_.last_refresh = std::chrono::steady_clock::now();
  shared_.problem.clear();
  count_refresh(reason);
}

void Control::on_refresh_failed(std::string_view reason, const std::string& problem) {
  bool is_news = false;
  {
    const std::lock_guard lock(shared_mutex_);
    ++shared_.refresh_failures;
    count_refresh(reason);
    is_news = shared_.problem != problem;
    shared_.problem = problem;
  }
  if (is_news) log_warning("no usable answer about the topology", {{"problem", problem}});
}

// REQUIRES: shared_mutex_ is held.
void Control::count_refresh(std::string_view reason) {
  const auto known = std::ranges::find(shared_.refreshes, reason, &admin::RefreshCount::reason);
  if (known != shared_.refreshes.end()) {
    ++known->count;
  } else {
    shared_.refreshes.push_back({std::string(reason), 1});
  }
}

void Control::on_server_facts(resp::ReplyNode command_reply, std::string_view info) {
  const std::string version(info_field(info, "redis_version"));
  std::shared_ptr<const command::CommandTable> known;
  {
    const std::lock_guard lock(shared_mutex_);
    if (version == shared_.server_version) return;
    known = shared_.commands;
  }
  auto overlaid = known->overlaid(command_reply);
  if (!overlaid) {
    log_warning("the cluster's COMMAND reply is not usable, the built-in table stays",
                {{"reason", overlaid.error()}});
    return;
  }
  log_info("command table adopted",
           {{"server_version", version}, {"commands", (*overlaid)->size()}});
  {
    const std::lock_guard lock(shared_mutex_);
    shared_.commands = *overlaid;
    shared_.server_version = version;
  }
  for (const auto& worker : workers_) worker->adopt(*overlaid, version);
}

std::unique_ptr<net::Transport> Control::connect(const cluster::Endpoint& endpoint,
                                                 net::TransportHandler& handler) {
  return net::UvTransport::connect(loop_, endpoint.host, endpoint.port, {}, handler);
}

// --- What the admin endpoints see
// ------------------------------------------------------------------

std::vector<const stats::WorkerStats*> Control::workers() const {
  std::vector<const stats::WorkerStats*> all;
  for (const auto& worker : workers_) all.push_back(&worker->stats());
  return all;
}

std::string Control::command_name(std::size_t id) const {
  const std::lock_guard lock(shared_mutex_);
  if (id >= shared_.commands->size()) return id == stats::kMaxCommands - 1 ? "unknown" : "";
  return shared_.commands->at(static_cast<command::CommandId>(id)).name;
}

admin::ProcessFacts Control::process() const {
  return {.version = SLOTWAY_VERSION, .started = started_};
}

admin::Readiness Control::readiness() const {
  if (draining_.load(std::memory_order_relaxed)) return {false, "shutting down"};
  const std::lock_guard lock(shared_mutex_);
  if (shared_.map == nullptr) return {false, "the cluster cannot be reached: " + shared_.problem};
  if (!shared_.map->complete()) {
    return {false, "no node serves " +
                       std::to_string(cluster::kSlotCount - shared_.map->covered_slots()) +
                       " of the hash slots"};
  }
  return {true, ""};
}

admin::TopologyStatus Control::topology() const {
  const std::lock_guard lock(shared_mutex_);
  admin::TopologyStatus status;
  status.refreshes = shared_.refreshes;
  status.refresh_failures = shared_.refresh_failures;
  if (shared_.last_refresh != std::chrono::steady_clock::time_point()) {
    status.age = std::chrono::steady_clock::now() - shared_.last_refresh;
  }
  if (shared_.map == nullptr) return status;
  const cluster::SlotMap& map = *shared_.map;
  status.slots_covered = static_cast<std::uint32_t>(map.covered_slots());
  status.map_version = map.version();
  for (const cluster::Node& node : map.nodes()) {
    status.nodes.push_back({.endpoint = cluster::to_string(node.endpoint),
                            .role = node.role == cluster::Role::primary
                                        ? admin::NodeRole::primary
                                        : admin::NodeRole::replica});
  }
  for (const cluster::SlotRange& range : map.ranges()) {
    status.nodes[static_cast<std::size_t>(range.owner)].slots +=
        static_cast<std::uint32_t>(range.last.value() - range.first.value() + 1);
  }
  return status;
}

// --- End
// -------------------------------------------------------------------------------------------

void Control::drain() {
  if (draining_.exchange(true)) return;
  log_info("shutting down: no new clients, those connected may finish",
           {{"limit_ms", settings_.timeouts.drain.count()}});
  listeners_.clear();
  for (const auto& worker : workers_) worker->drain(settings_.timeouts.drain);
  drain_timer_->start_repeating(kDrainCheck);
}

void Control::finish() {
  const bool workers_done =
      std::ranges::all_of(workers_, [](const auto& worker) { return worker->finished(); });
  if (!workers_done) return;
  topology_->stop();
  if (!topology_->stopped()) return;
  log_info("bye");
  loop_.stop();
}

}  // namespace slotway::server
