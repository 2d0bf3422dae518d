#include "server/server.h"

#include <fmt/format.h>

#include <csignal>
#include <utility>

#include "server/control.h"
#include "server/logging.h"

namespace slotway::server {

int run(const config::Settings& settings, std::string config_file) {
  std::signal(SIGPIPE,
              SIG_IGN);  // a peer that has gone is an error of the write, not of the process
  if (const auto log_opened = set_up_logging(settings.log); !log_opened) {
    fmt::print(stderr, "slotway: {}\n", log_opened.error());
    return 1;
  }
  Control control(describe_instance(settings, std::move(config_file)));
  if (const auto opened = control.open(); !opened) {
    fmt::print(stderr, "slotway: {}\n", opened.error());
    return 1;
  }
  control.run();
  return 0;
}

}  // namespace slotway::server
