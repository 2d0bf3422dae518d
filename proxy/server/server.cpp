#include "server/server.h"

#include <fmt/format.h>

#include <csignal>

#include "server/control.h"
#include "server/logging.h"

namespace slotway::server {

int run(const config::Settings& settings, const std::string& config_file) {
  // A peer that has gone is an error of the write, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (const auto log_opened = set_up_logging(settings.log); !log_opened) {
    fmt::print(stderr, "slotway: {}\n", log_opened.error());
    return 1;
  }
  Control control(describe_instance(settings, config_file));
  if (const auto opened = control.open(); !opened) {
    fmt::print(stderr, "slotway: {}\n", opened.error());
    return 1;
  }
  control.run();
  return 0;
}

}  // namespace slotway::server
