#include "server/instance.h"

#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

namespace slotway::server {

namespace {

std::string random_id() {
  constexpr std::size_t kDigits = 40;
  constexpr char kHexadecimal[] = "0123456789abcdef";
  std::random_device random;
  std::uniform_int_distribution<std::size_t> digit(0, 15);
  std::string id;
  while (id.size() < kDigits) id.push_back(kHexadecimal[digit(random)]);
  return id;
}

}  // namespace

Instance describe_instance(const config::Settings& settings, const std::string& config_file) {
  std::error_code unknown;  // leaves the path empty
  std::string absolute_config = config_file.empty()
                                    ? std::string()
                                    : std::filesystem::absolute(config_file, unknown).string();
  return {.settings = settings,
          .config_file = std::move(absolute_config),
          .executable = std::filesystem::read_symlink("/proc/self/exe", unknown).string(),
          .run_id = random_id(),
          .started = std::chrono::steady_clock::now(),
          .runtime = std::make_shared<RuntimeSettings>(settings)};
}

}  // namespace slotway::server
