#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "resp/request_view.h"
#include "server/client_facts.h"

namespace slotway::server {

/// Which clients CLIENT LIST shows and CLIENT KILL closes: those that meet all conditions.
/// https://redis.io/docs/latest/commands/client-kill/
struct ClientFilter {
  std::vector<std::uint64_t> ids;  ///< one of these, in ascending order; empty: any
  std::optional<ClientType> type;
  std::optional<std::string> address;
  std::optional<std::string> local_address;
  std::int64_t least_age_s = 0;  ///< MAXAGE: clients at least this old
  bool skip_asker = false;

  /// By its id alone, which costs nothing. False: accepts() would be false too.
  [[nodiscard]] bool may_accept(std::uint64_t id) const noexcept;
  [[nodiscard]] bool accepts(const ClientFacts& client, std::uint64_t asker) const noexcept;
};

/// Reads what follows CLIENT KILL, in the old form (one address) and the new (conditions), and says
/// what is wrong in the words of Redis 7.0.
[[nodiscard]] std::expected<ClientFilter, std::string> parse_kill_filter(
    const resp::RequestView& request);

/// Reads what follows CLIENT LIST: nothing, TYPE or ID as Redis 7.0 has them, or the conditions of
/// CLIENT KILL, with which Valkey 8.1 extends it.
[[nodiscard]] std::expected<ClientFilter, std::string> parse_list_filter(
    const resp::RequestView& request);

}  // namespace slotway::server
