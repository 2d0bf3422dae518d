#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "config/settings.h"
#include "server/own_stats.h"
#include "server/runtime_settings.h"

namespace slotway::server {

/// What this Slotway can say of itself as a whole: settings, and facts of the process. Made by the
/// control loop before the workers start and never changed afterwards, so that every thread may
/// read it.
struct Instance {
  config::Settings settings;
  std::string config_file;     ///< its path; empty if there is none
  std::string executable;      ///< the path of the running program
  std::string run_id;          ///< 40 random hexadecimal digits, another for each start
  std::uint16_t tcp_port = 0;  ///< of the first TCP listener; 0 if there are only unix sockets
  std::chrono::steady_clock::time_point started{};
  /// What does change: any thread may use it, through the locks it has of its own.
  std::shared_ptr<StatsBaseline> stats_baseline = std::make_shared<StatsBaseline>();
  std::shared_ptr<RuntimeSettings> runtime = std::make_shared<RuntimeSettings>();
};

/// An instance that starts now.
[[nodiscard]] Instance describe_instance(const config::Settings& settings,
                                         const std::string& config_file);

}  // namespace slotway::server
