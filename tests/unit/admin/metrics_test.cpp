#include "admin/metrics.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "admin/process_usage.h"
#include "unit/admin/exposition.h"
#include "unit/admin/fake_status.h"

namespace slotway::admin {
namespace {

constexpr auto kOk = static_cast<std::size_t>(stats::Outcome::ok);
constexpr auto kServerError = static_cast<std::size_t>(stats::Outcome::server_error);
constexpr auto kProxyError = static_cast<std::size_t>(stats::Outcome::proxy_error);

Exposition scrape(const StatusSource& status) {
  Exposition exposition = parse_exposition(metrics_text(MetricsCollector(status)));
  for (const std::string& fault : exposition.faults) FAIL_CHECK(fault);
  return exposition;
}

std::string command_labels_as_text(const Exposition& exposition) {
  std::string text;
  for (const auto& sample : exposition.all("slotway_commands_total")) {
    text += sample.labels.at("command") + "/" + sample.labels.at("outcome") + " ";
  }
  return text;
}

}  // namespace

TEST_CASE("a scrape of a fresh process has every family with HELP and TYPE, and no faults") {
  const std::vector<std::pair<std::string, std::string>> expected{
      {"process_cpu_seconds_total", "counter"},
      {"process_max_fds", "gauge"},
      {"process_open_fds", "gauge"},
      {"process_resident_memory_bytes", "gauge"},
      {"process_start_time_seconds", "gauge"},
      {"process_virtual_memory_bytes", "gauge"},
      {"slotway_blocked_clients", "gauge"},
      {"slotway_build_info", "gauge"},
      {"slotway_client_protocol_errors_total", "counter"},
      {"slotway_client_received_bytes_total", "counter"},
      {"slotway_client_sent_bytes_total", "counter"},
      {"slotway_clients", "gauge"},
      {"slotway_clients_accepted_total", "counter"},
      {"slotway_clients_closed_total", "counter"},
      {"slotway_clients_refused_total", "counter"},
      {"slotway_commands_total", "counter"},
      {"slotway_pubsub_clients", "gauge"},
      {"slotway_pubsub_clients_cut_total", "counter"},
      {"slotway_pubsub_messages_received_total", "counter"},
      {"slotway_pubsub_messages_sent_total", "counter"},
      {"slotway_pubsub_resubscribes_total", "counter"},
      {"slotway_pubsub_topics", "gauge"},
      {"slotway_ready", "gauge"},
      {"slotway_redirects_total", "counter"},
      {"slotway_request_duration_seconds", "histogram"},
      {"slotway_request_timeouts_total", "counter"},
      {"slotway_requests_in_flight", "gauge"},
      {"slotway_slots_covered", "gauge"},
      {"slotway_topology_age_seconds", "gauge"},
      {"slotway_topology_nodes", "gauge"},
      {"slotway_topology_refresh_failures_total", "counter"},
      {"slotway_topology_refreshes_total", "counter"},
      {"slotway_topology_version", "gauge"},
      {"slotway_tracking_clients", "gauge"},
      {"slotway_tracking_flushes_total", "counter"},
      {"slotway_tracking_invalidations_total", "counter"},
      {"slotway_tracking_keys", "gauge"},
      {"slotway_upstream_connect_failures_total", "counter"},
      {"slotway_upstream_connections", "gauge"},
      {"slotway_upstream_connections_lost_total", "counter"},
      {"slotway_upstream_connects_total", "counter"},
      {"slotway_upstream_errors_total", "counter"},
      {"slotway_upstream_in_flight", "gauge"},
      {"slotway_upstream_nodes_omitted", "gauge"},
      {"slotway_upstream_private_connections", "gauge"},
      {"slotway_upstream_protocol_errors_total", "counter"},
      {"slotway_upstream_received_bytes_total", "counter"},
      {"slotway_upstream_replies_total", "counter"},
      {"slotway_upstream_requests_total", "counter"},
      {"slotway_upstream_sent_bytes_total", "counter"},
      {"slotway_uptime_seconds", "gauge"},
      {"slotway_worker_clients", "gauge"},
      {"slotway_worker_slowest_turn_seconds", "gauge"},
  };
  const FakeStatus status;
  const Exposition exposition = scrape(status);
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [name, family] : exposition.families) found.emplace_back(name, family.type);
  CHECK(found == expected);
}

TEST_CASE("numbers of a client's side are summed over the workers") {
  FakeStatus status(3);
  status.owned[0]->clients.set(10);
  status.owned[1]->clients.set(20);
  status.owned[2]->clients.set(12);
  status.owned[0]->clients_accepted.add(100);
  status.owned[2]->clients_accepted.add(11);
  status.refused = 1;
  status.owned[1]->clients_lost.add(2);
  status.owned[0]->client_bytes_in.add(3'000'000'000'000);
  status.owned[1]->client_bytes_in.add(1);
  status.owned[1]->client_bytes_out.add(4);
  status.owned[0]->requests_in_flight.set(5);
  status.owned[0]->blocked_clients.set(2);
  status.owned[1]->blocked_clients.set(1);
  status.owned[1]->private_connections.set(4);
  status.owned[1]->request_timeouts.add(6);
  status.owned[2]->protocol_errors.add(7);

  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_clients") == 42);
  CHECK(exposition.value("slotway_clients_accepted_total") == 111);
  CHECK(exposition.value("slotway_clients_refused_total") == 1);
  CHECK(exposition.value("slotway_clients_closed_total") == 2);
  CHECK(exposition.value("slotway_client_received_bytes_total") == 3'000'000'000'001.0);
  CHECK(exposition.value("slotway_client_sent_bytes_total") == 4);
  CHECK(exposition.value("slotway_requests_in_flight") == 5);
  CHECK(exposition.value("slotway_blocked_clients") == 3);
  CHECK(exposition.value("slotway_upstream_private_connections") == 4);
  CHECK(exposition.value("slotway_request_timeouts_total") == 6);
  CHECK(exposition.value("slotway_client_protocol_errors_total") == 7);
}

TEST_CASE("each worker shows its own clients and its slowest turn in seconds") {
  FakeStatus status(2);
  status.owned[0]->clients.set(1);
  status.owned[1]->clients.set(30);
  status.owned[1]->slowest_turn_nanoseconds.set(2'500'000);
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_worker_clients", {{"worker", "0"}}) == 1);
  CHECK(exposition.value("slotway_worker_clients", {{"worker", "1"}}) == 30);
  CHECK(exposition.value("slotway_worker_slowest_turn_seconds", {{"worker", "1"}}) == 0.0025);
}

TEST_CASE("only commands that were seen have series, and those have one for each outcome") {
  FakeStatus status(2);
  status.owned[0]->command(0)[kOk].add(5);
  status.owned[1]->command(0)[kOk].add(6);
  status.owned[1]->command(0)[kServerError].add();
  status.owned[1]->command(2)[kProxyError].add(9);
  const Exposition exposition = scrape(status);
  const auto count = [&exposition](const char* command, const char* outcome) {
    return exposition.value("slotway_commands_total", {{"command", command}, {"outcome", outcome}});
  };
  CHECK(count("get", "ok") == 11);
  CHECK(count("get", "server_error") == 1);
  CHECK(count("get", "proxy_error") == 0);
  CHECK(count("config|set", "proxy_error") == 9);
  CHECK(command_labels_as_text(exposition) ==
        "config|set/ok config|set/server_error config|set/proxy_error "
        "get/ok get/server_error get/proxy_error ");
}

TEST_CASE("commands beyond the table are \"other\", one without a name is \"unknown\"") {
  FakeStatus status;
  status.owned[0]->command(5000)[kOk].add(2);
  status.owned[0]->command(77)[kOk].add(3);
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_commands_total", {{"command", "other"}, {"outcome", "ok"}}) == 2);
  CHECK(exposition.value("slotway_commands_total", {{"command", "unknown"}, {"outcome", "ok"}}) ==
        3);
}

TEST_CASE("two ids with the same name make one series, not a scrape Prometheus refuses") {
  FakeStatus status;
  status.names = {"get", "get", "", "unknown", "other"};
  for (std::size_t id = 0; id < status.names.size(); ++id) {
    status.owned[0]->command(id)[kOk].add();
  }
  status.owned[0]->command(stats::kMaxCommands)[kOk].add();
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_commands_total", {{"command", "get"}, {"outcome", "ok"}}) == 2);
  CHECK(exposition.value("slotway_commands_total", {{"command", "unknown"}, {"outcome", "ok"}}) ==
        2);
  CHECK(exposition.value("slotway_commands_total", {{"command", "other"}, {"outcome", "ok"}}) == 2);
}

TEST_CASE("the histogram's buckets are cumulative, end in +Inf and sum over the workers") {
  FakeStatus status(2);
  stats::LatencyHistogram& first = status.owned[0]->request_latency;
  stats::LatencyHistogram& second = status.owned[1]->request_latency;
  first.observe(500);              // under 1.024 us
  first.observe(1'500);            // under 2.048 us
  second.observe(1'600);           // the same, on another worker
  second.observe(1'000'000);       // 1 ms
  second.observe(60'000'000'000);  // a minute: above every bound
  const Exposition exposition = scrape(status);

  const auto buckets = exposition.all("slotway_request_duration_seconds_bucket");
  REQUIRE(buckets.size() == stats::LatencyHistogram::kBuckets);
  double last_bound = 0;
  double last_count = 0;
  for (std::size_t index = 0; index < buckets.size(); ++index) {
    const std::string& bound_text = buckets[index].labels.at("le");
    const bool is_last = index + 1 == buckets.size();
    CHECK((bound_text == "+Inf") == is_last);
    const double bound = is_last ? std::numeric_limits<double>::infinity() : std::stod(bound_text);
    CHECK(bound > last_bound);
    CHECK(buckets[index].value >= last_count);
    if (!is_last) CHECK(bound == stats::LatencyHistogram::upper_bound_seconds(index));
    last_bound = bound;
    last_count = buckets[index].value;
  }
  CHECK(buckets[0].labels.at("le") == "1.024e-06");
  CHECK(buckets[0].value == 1);
  CHECK(buckets[1].value == 3);
  CHECK(buckets[9].value == 3);   // 524 us
  CHECK(buckets[10].value == 4);  // 1.05 ms
  CHECK(buckets[23].value == 4);  // 8.6 s
  CHECK(last_count == 5);
  CHECK(exposition.value("slotway_request_duration_seconds_count") == 5);
  CHECK(*exposition.value("slotway_request_duration_seconds_sum") == doctest::Approx(60.001'003'6));
}

TEST_CASE("redirects have a series for each kind, seen or not") {
  FakeStatus status(2);
  status.owned[0]->redirects[static_cast<std::size_t>(stats::Redirect::ask)].add(2);
  status.owned[1]->redirects[static_cast<std::size_t>(stats::Redirect::ask)].add(3);
  const Exposition exposition = scrape(status);
  CHECK(exposition.all("slotway_redirects_total").size() == 6);
  for (const char* kind : {"moved", "tryagain", "clusterdown", "loading", "connection_lost"}) {
    CHECK(exposition.value("slotway_redirects_total", {{"kind", kind}}) == 0);
  }
  CHECK(exposition.value("slotway_redirects_total", {{"kind", "ask"}}) == 5);
}

TEST_CASE("numbers of a node are summed over the workers that know it") {
  FakeStatus status(2);
  stats::NodeStats& one = status.owned[0]->node("127.0.0.1:7000");
  stats::NodeStats& same = status.owned[1]->node("127.0.0.1:7000");
  stats::NodeStats& other = status.owned[1]->node("[::1]:7001");
  one.requests.add(10);
  same.requests.add(5);
  one.replies.add(9);
  same.errors.add(1);
  one.connects.add(2);
  one.connect_failures.add(3);
  one.lost.add(4);
  one.protocol_errors.add(5);
  one.bytes_in.add(600);
  same.bytes_out.add(700);
  one.connections.set(2);
  same.connections.set(1);
  one.in_flight.set(1);
  other.requests.add(77);

  const Exposition exposition = scrape(status);
  const ExpositionLabels node{{"node", "127.0.0.1:7000"}};
  CHECK(exposition.value("slotway_upstream_requests_total", node) == 15);
  CHECK(exposition.value("slotway_upstream_replies_total", node) == 9);
  CHECK(exposition.value("slotway_upstream_errors_total", node) == 1);
  CHECK(exposition.value("slotway_upstream_connects_total", node) == 2);
  CHECK(exposition.value("slotway_upstream_connect_failures_total", node) == 3);
  CHECK(exposition.value("slotway_upstream_connections_lost_total", node) == 4);
  CHECK(exposition.value("slotway_upstream_protocol_errors_total", node) == 5);
  CHECK(exposition.value("slotway_upstream_received_bytes_total", node) == 600);
  CHECK(exposition.value("slotway_upstream_sent_bytes_total", node) == 700);
  CHECK(exposition.value("slotway_upstream_connections", node) == 3);
  CHECK(exposition.value("slotway_upstream_in_flight", node) == 1);
  CHECK(exposition.value("slotway_upstream_requests_total", {{"node", "[::1]:7001"}}) == 77);
  CHECK(exposition.value("slotway_upstream_nodes_omitted") == 0);
}

TEST_CASE("names with quotes, backslashes and line ends are escaped so that they read back") {
  FakeStatus status;
  status.names = {"say \"hi\" \\ bye", "two\nlines"};
  status.owned[0]->command(0)[kOk].add();
  status.owned[0]->command(1)[kOk].add();
  status.owned[0]->node("bad\xffhost:1").requests.add();
  status.facts.version = "1.0\"";
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_commands_total",
                         {{"command", "say \"hi\" \\ bye"}, {"outcome", "ok"}}) == 1);
  CHECK(exposition.value("slotway_commands_total",
                         {{"command", "two\\x0alines"}, {"outcome", "ok"}}) == 1);
  CHECK(exposition.value("slotway_upstream_requests_total", {{"node", "bad\\xffhost:1"}}) == 1);
  CHECK(exposition.value("slotway_build_info", {{"version", "1.0\""}}) == 1);
}

TEST_CASE("the topology's numbers appear, its age only once there was a refresh") {
  FakeStatus status;
  CHECK(scrape(status).all("slotway_topology_age_seconds").empty());
  CHECK(scrape(status).value("slotway_ready") == 0);

  status.set_readiness({.ready = true, .reason = ""});
  status.topology_status = {
      .nodes = {{.endpoint = "a:1", .role = NodeRole::primary, .slots = 16383},
                {.endpoint = "b:1", .role = NodeRole::replica, .slots = 0},
                {.endpoint = "c:1", .role = NodeRole::replica, .slots = 0}},
      .slots_covered = 16383,
      .map_version = 4,
      .refreshes = {{.reason = "periodic", .count = 8}, {.reason = "moved", .count = 2}},
      .refresh_failures = 3,
      .age = std::chrono::milliseconds(1500)};
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_ready") == 1);
  CHECK(exposition.value("slotway_topology_age_seconds") == 1.5);
  CHECK(exposition.value("slotway_topology_version") == 4);
  CHECK(exposition.value("slotway_slots_covered") == 16383);
  CHECK(exposition.value("slotway_topology_refreshes_total", {{"reason", "periodic"}}) == 8);
  CHECK(exposition.value("slotway_topology_refreshes_total", {{"reason", "moved"}}) == 2);
  CHECK(exposition.value("slotway_topology_refresh_failures_total") == 3);
  CHECK(exposition.value("slotway_topology_nodes", {{"role", "primary"}}) == 1);
  CHECK(exposition.value("slotway_topology_nodes", {{"role", "replica"}}) == 2);
}

TEST_CASE("the process says its version, its start and how long it has been up") {
  const FakeStatus status;
  const Exposition exposition = scrape(status);
  CHECK(exposition.value("slotway_build_info", {{"version", "1.2.3"}}) == 1);
  CHECK(*exposition.value("slotway_uptime_seconds") == doctest::Approx(90).epsilon(0.1));
  const auto start = std::chrono::duration<double>(status.facts.started.time_since_epoch()).count();
  CHECK(std::abs(*exposition.value("process_start_time_seconds") - start) < 0.001);
  CHECK(exposition.value("process_open_fds") == read_process_usage().open_fds);
}

TEST_CASE("a node that left the cluster keeps its series until it has been quiet for a while") {
  FakeStatus status;
  stats::NodeStats& gone = status.owned[0]->node("gone:1");
  gone.connections.set(1);
  auto now = std::chrono::steady_clock::time_point{};
  const MetricsCollector collector(status, [&now] { return now; });
  const auto is_shown = [&collector] {
    return parse_exposition(metrics_text(collector))
        .value("slotway_upstream_requests_total", {{"node", "gone:1"}})
        .has_value();
  };
  CHECK(is_shown());
  now += std::chrono::hours(1);
  CHECK(is_shown());  // it has a connection

  gone.connections.set(0);
  gone.lost.add();
  CHECK(is_shown());
  now += NodeRoster::kQuietTime - std::chrono::seconds(1);
  CHECK(is_shown());
  now += std::chrono::seconds(1);
  CHECK_FALSE(is_shown());

  gone.connects.add();  // it is back
  CHECK(is_shown());
}

TEST_CASE("scrapes while the workers count never show a counter going back") {
  FakeStatus status(2);
  std::vector<std::jthread> writers;
  for (const auto& worker : status.owned) {
    writers.emplace_back([&counters = *worker](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        counters.command(0)[kOk].add();
        counters.request_latency.observe(5000);
        counters.node("127.0.0.1:7000").requests.add();
      }
    });
  }
  const MetricsCollector collector(status);
  double last_commands = 0;
  double last_requests = 0;
  for (int round = 0; round < 20; ++round) {
    const Exposition exposition = parse_exposition(metrics_text(collector));
    CHECK(exposition.faults.empty());
    const double commands =
        exposition.value("slotway_commands_total", {{"command", "get"}, {"outcome", "ok"}})
            .value_or(0);
    const double requests =
        exposition.value("slotway_upstream_requests_total", {{"node", "127.0.0.1:7000"}})
            .value_or(0);
    CHECK(commands >= last_commands);
    CHECK(requests >= last_requests);
    CHECK(exposition.value("slotway_request_duration_seconds_bucket", {{"le", "+Inf"}}) ==
          exposition.value("slotway_request_duration_seconds_count"));
    last_commands = commands;
    last_requests = requests;
  }
}

}  // namespace slotway::admin
