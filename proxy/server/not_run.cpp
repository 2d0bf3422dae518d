#include "server/not_run.h"

#include <array>

namespace slotway::server {

namespace {

using namespace std::chrono_literals;

constexpr std::array<NotRun, 6> kNotRun{{
    {"TRYAGAIN ", stats::Redirect::tryagain, 10ms, false},
    {"CLUSTERDOWN ", stats::Redirect::clusterdown, 50ms, true},
    {"LOADING ", stats::Redirect::loading, 100ms, true},
    {"READONLY ", stats::Redirect::clusterdown, 20ms, true},
    {"MASTERDOWN ", stats::Redirect::clusterdown, 50ms, true},
    // To those who were blocked when the node became a replica (disconnectAllBlockedClients in
    // blocked.c). CLIENT UNBLOCK says "UNBLOCKED client unblocked", which is for the client.
    {"UNBLOCKED force ", stats::Redirect::clusterdown, 20ms, true},
}};

}  // namespace

const NotRun* find_not_run(std::string_view error_text) noexcept {
  for (const NotRun& error : kNotRun) {
    if (error_text.starts_with(error.prefix)) return &error;
  }
  return nullptr;
}

}  // namespace slotway::server
