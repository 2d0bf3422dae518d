#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/print.h"
#include "config/setting_table.h"
#include "server/server.h"

namespace {

namespace config = slotway::config;

constexpr int kUsageError = 2;

constexpr std::string_view kHelpFooter = R"(
Every setting is also an environment variable, named after its path: limits.maxclients is
SLOTWAY_LIMITS_MAXCLIENTS, lists are separated by commas. The command line overrules the environment,
which overrules the file, which overrules the defaults. config/slotway.yaml explains all settings.

Examples:
  slotway --seed 10.0.0.1:6379 --seed 10.0.0.2:6379
  slotway --config /etc/slotway/slotway.yaml --check-config
  slotway --config /etc/slotway/slotway.yaml --listen 0.0.0.0:6379 --listen unix:/run/slotway.sock
  SLOTWAY_CLUSTER_SEEDS=redis-0:6379,redis-1:6379 slotway --print-config

Exit status: 0 after an orderly end, 1 after a failure at run time, 2 for a wrong command line or
configuration.)";

/// What the command line asks for, apart from the settings it gives.
struct CommandLine {
  std::string config_file;  ///< empty: none
  bool check_config = false;
  bool print_config = false;
};

/// An option of the command line and the setting it stands for.
using SettingOption = std::pair<const config::Setting*, const CLI::Option*>;

/// Every row of the setting table that names an option becomes one. Their values stay text: the
/// table judges them, so that a bad value reads the same wherever it comes from.
std::vector<SettingOption> add_setting_options(CLI::App& app) {
  std::vector<SettingOption> options;
  for (const config::Setting& setting : config::setting_table()) {
    if (setting.option.empty()) continue;
    CLI::Option* option = app.add_option(std::string(setting.option));
    option->description(
        fmt::format("{}{}", setting.description, setting.is_list ? " (repeatable)" : ""));
    option->type_name(std::string(setting.option_type));
    if (setting.is_list) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    options.emplace_back(&setting, option);
  }
  return options;
}

void report(const config::ConfigError& error) {
  fmt::print(stderr, "{}\n", config::to_string(error));
}

/// The effective settings; after errors, which it has reported, nothing.
std::optional<config::Settings> load_settings(const CommandLine& command_line,
                                              const std::vector<SettingOption>& options) {
  config::Sources sources;
  sources.environment = config::slotway_variables(environ);
  for (const auto& [setting, option] : options) {
    if (option->count() == 0) continue;
    sources.options.push_back({std::string(setting->option), option->results()});
  }
  if (!command_line.config_file.empty()) {
    auto file = config::read_config_file(command_line.config_file);
    if (!file) {
      report(file.error());
      return std::nullopt;
    }
    sources.file = *std::move(file);
  }
  auto settings = config::load(sources);
  if (settings) return *std::move(settings);
  for (const config::ConfigError& error : settings.error()) report(error);
  return std::nullopt;
}

/// Has large buffers mapped on their own, so that freeing one gives its memory back. glibc would
/// raise the size from which it does so, up to 32 MB, each time a larger mapping is freed: after
/// some values of 5 MB the buffers for the next ones come from the heap, whose freed space it keeps
/// once something small lies behind it. Said once, the size stays. The heap's end is trimmed at
/// twice that size, as glibc itself would have it.
void keep_large_buffers_off_the_heap() noexcept {
#ifdef __GLIBC__
  constexpr int kLargeBytes = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, kLargeBytes);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargeBytes);
#endif
}

}  // namespace

int main(int argc, char** argv) {
  keep_large_buffers_off_the_heap();
  CommandLine command_line;
  CLI::App app("Slotway makes a Redis Cluster look like one ordinary Redis.", "slotway");
  app.get_formatter()->column_width(34);
  app.footer(std::string(kHelpFooter));
  app.set_help_flag("-h,--help", "show this help");
  app.set_version_flag("--version", "slotway " SLOTWAY_VERSION, "show the version");
  app.add_option("--config", command_line.config_file, "configuration file, in YAML")
      ->type_name("FILE");
  const auto options = add_setting_options(app);
  app.add_flag("--check-config", command_line.check_config,
               "say what is wrong with the configuration, and end");
  app.add_flag("--print-config", command_line.print_config,
               "print the effective configuration as YAML, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& request) {
    return app.exit(request);  // --help and --version, on standard output
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "slotway: {} (slotway --help shows what there is)\n", error.what());
    return kUsageError;
  }

  const auto settings = load_settings(command_line, options);
  if (!settings) return kUsageError;
  if (command_line.print_config) {
    fmt::print("{}", config::to_yaml(*settings));
    return 0;
  }
  if (const auto stand_ins = config::find_stand_ins(*settings); !stand_ins.empty()) {
    for (const config::ConfigError& error : stand_ins) report(error);
    return kUsageError;
  }
  if (command_line.check_config) {
    fmt::print("the configuration is fine\n");
    return 0;
  }
  return slotway::server::run(*settings, command_line.config_file);
}
