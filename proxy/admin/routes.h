#pragma once

#include <prometheus/collectable.h>

#include <vector>

#include "admin/http_server.h"
#include "admin/status_source.h"

namespace slotway::admin {

/// What the admin port serves, path by path; a new page is one more row.
///
///   /metrics   all of `metrics` in Prometheus' text format
///   /healthz   200 while the process lives, whatever the state of the cluster
///   /readyz    200 when every slot can be served, else 503 with the reason
///   /          an index of the above
///
/// Both arguments must outlive the HttpServer that is given the routes.
[[nodiscard]] std::vector<HttpRoute> admin_routes(const StatusSource& status,
                                                  const prometheus::Collectable& metrics);

}  // namespace slotway::admin
