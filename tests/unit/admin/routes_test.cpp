#include "admin/routes.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "admin/metrics.h"
#include "unit/admin/exposition.h"
#include "unit/admin/fake_status.h"
#include "unit/admin/http_client.h"

namespace slotway::admin {
namespace {

struct AdminFixture {
  AdminFixture() {
    auto started = HttpServer::start("127.0.0.1:0", admin_routes(status, metrics));
    if (!started) FAIL(started.error());
    server = std::move(*started);
  }
  [[nodiscard]] HttpReply get(const std::string& path) const {
    return ask(server->bound_endpoint(), path);
  }

  FakeStatus status;
  MetricsCollector metrics{status};
  std::unique_ptr<HttpServer> server;
};

}  // namespace

TEST_CASE_FIXTURE(AdminFixture, "/metrics is the text format 0.0.4, with the numbers of now") {
  HttpReply reply = get("/metrics");
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  const Exposition before = parse_exposition(reply.body);
  CHECK(before.faults.empty());
  CHECK(before.value("slotway_clients_accepted_total") == 0);

  status.owned[0]->clients_accepted.add(3);
  reply = get("/metrics?ignored");
  CHECK(parse_exposition(reply.body).value("slotway_clients_accepted_total") == 3);
}

TEST_CASE_FIXTURE(AdminFixture, "/healthz is ok even while the cluster is not") {
  status.set_readiness({.ready = false, .reason = "no seed answers"});
  const HttpReply reply = get("/healthz");
  CHECK(reply.status == 200);
  CHECK(reply.body == "ok\n");
}

TEST_CASE_FIXTURE(AdminFixture, "/readyz follows the cluster and says why not") {
  status.set_readiness({.ready = false, .reason = "12 of 16384 slots have no primary"});
  HttpReply reply = get("/readyz");
  CHECK(reply.status == 503);
  CHECK(reply.body == "not ready: 12 of 16384 slots have no primary\n");
  CHECK(reply.header("Content-Type") == "text/plain; charset=utf-8");

  status.set_readiness({.ready = true, .reason = ""});
  reply = get("/readyz");
  CHECK(reply.status == 200);
  CHECK(reply.body == "ready\n");
}

TEST_CASE_FIXTURE(AdminFixture, "the index links every page, and each link leads to one") {
  const HttpReply index = get("/");
  CHECK(index.status == 200);
  CHECK(index.header("Content-Type") == "text/html; charset=utf-8");
  for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
    CAPTURE(path);
    CHECK(index.body.find("<a href=\"" + std::string(path) + "\">") != std::string::npos);
    CHECK(get(path).status != 404);
  }
}

TEST_CASE_FIXTURE(AdminFixture, "an unknown path is told what there is") {
  const HttpReply reply = get("/status");
  CHECK(reply.status == 404);
  CHECK(reply.body.find("/metrics") != std::string::npos);
  CHECK(reply.body.find("/readyz") != std::string::npos);
}

}  // namespace slotway::admin
