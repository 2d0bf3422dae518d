#include "admin/routes.h"

#include <fmt/format.h>

#include <string>

#include "admin/metrics.h"

namespace slotway::admin {
namespace {

HttpResponse report_readiness(const StatusSource& status) {
  const Readiness readiness = status.readiness();
  if (readiness.ready) return {.body = "ready\n"};
  return {.status = 503, .body = fmt::format("not ready: {}\n", readiness.reason)};
}

// Paths and summaries are ours and hold nothing that HTML would read as markup.
std::string index_page(const std::vector<HttpRoute>& routes) {
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
      "<title>Slotway admin</title>\n<h1>Slotway admin</h1>\n<ul>\n";
  for (const HttpRoute& route : routes) {
    page += fmt::format("<li><a href=\"{0}\">{0}</a> {1}</li>\n", route.path, route.summary);
  }
  return page + "</ul>\n</html>\n";
}

}  // namespace

std::vector<HttpRoute> admin_routes(const StatusSource& status,
                                    const prometheus::Collectable& metrics) {
  std::vector<HttpRoute> routes{
      {.path = "/metrics",
       .summary = "metrics in Prometheus' text format",
       .handler =
           [&metrics](const HttpRequest&) {
             return HttpResponse{.body = metrics_text(metrics),
                                 .content_type = kMetricsContentType};
           }},
      {.path = "/healthz",
       .summary = "200 while the process lives",
       .handler = [](const HttpRequest&) { return HttpResponse{.body = "ok\n"}; }},
      {.path = "/readyz",
       .summary = "200 when every slot can be served, else 503 with the reason",
       .handler = [&status](const HttpRequest&) { return report_readiness(status); }},
  };
  routes.push_back({.path = "/",
                    .summary = "this index",
                    .handler = [page = index_page(routes)](const HttpRequest&) {
                      return HttpResponse{.body = page, .content_type = "text/html; charset=utf-8"};
                    }});
  return routes;
}

}  // namespace slotway::admin
