#include "server/secret_arguments.h"

#include <array>
#include <limits>
#include <utility>

#include "command/ascii.h"

namespace slotway::server {

namespace {

constexpr auto kAll = std::numeric_limits<std::size_t>::max();

// Words after which so many arguments are secret.
struct Secret {
  std::string_view command;
  std::string_view word;  ///< empty: the command's name
  std::size_t count;
};
constexpr std::array kSecrets = {
    Secret{"auth", "", kAll},
    Secret{"hello", "auth", 2},
    Secret{"migrate", "auth", 1},
    Secret{"migrate", "auth2", 2},
    Secret{"acl|setuser", "setuser", kAll},
    Secret{"config|set", "masterauth", 1},
    Secret{"config|set", "masteruser", 1},
    Secret{"config|set", "requirepass", 1},
    Secret{"config|set", "tls-key-file-pass", 1},
    Secret{"config|set", "tls-client-key-file-pass", 1},
};

}  // namespace

std::size_t SecretArguments::secrets_after(std::string_view word, bool is_name) const noexcept {
  for (const Secret& secret : kSecrets) {
    if (secret.command != command_.name) continue;
    if (secret.word.empty() ? is_name
                            : !is_name && command::equal_ignoring_case(word, secret.word)) {
      return secret.count;
    }
  }
  return 0;
}

bool SecretArguments::is_secret(std::string_view argument) noexcept {
  const bool is_name = std::exchange(is_first_, false);
  if (secrets_ > 0) {
    --secrets_;
    return true;
  }
  secrets_ = secrets_after(argument, is_name);
  return false;
}

}  // namespace slotway::server
