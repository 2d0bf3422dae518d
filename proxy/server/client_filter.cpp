#include "server/client_filter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "command/ascii.h"

namespace slotway::server {

using command::equal_ignoring_case;

namespace {

using Parsed = std::expected<void, std::string>;

constexpr std::string_view kSyntaxError = "ERR syntax error";
constexpr std::string_view kIdError = "ERR client-id should be greater than 0";

std::unexpected<std::string> wrong(std::string_view error) {
  return std::unexpected<std::string>(error);
}

std::optional<std::int64_t> number_of(std::string_view text) noexcept {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || after != end) return std::nullopt;
  return value;
}

std::optional<ClientType> type_named(std::string_view name) noexcept {
  struct Name {
    std::string_view name;
    ClientType type;
  };
  static constexpr std::array kNames = {
      Name{"normal", ClientType::normal}, Name{"pubsub", ClientType::pubsub},
      Name{"master", ClientType::master}, Name{"replica", ClientType::replica},
      Name{"slave", ClientType::replica}};
  for (const Name& known : kNames) {
    if (equal_ignoring_case(name, known.name)) return known.type;
  }
  return std::nullopt;
}

Parsed take_id(ClientFilter& filter, std::string_view value) {
  const auto id = number_of(value);
  if (!id || *id < 1) return wrong(kIdError);
  filter.ids = {static_cast<std::uint64_t>(*id)};  // the last one counts, as in Redis
  return {};
}

Parsed take_type(ClientFilter& filter, std::string_view value) {
  filter.type = type_named(value);
  if (!filter.type) return wrong("ERR Unknown client type '" + std::string(value) + "'");
  return {};
}

Parsed take_address(ClientFilter& filter, std::string_view value) {
  filter.address = value;
  return {};
}

Parsed take_local_address(ClientFilter& filter, std::string_view value) {
  filter.local_address = value;
  return {};
}

// There is one user so far, and every client is it.
Parsed take_user(ClientFilter&, std::string_view value) {
  if (value != "default") return wrong("ERR No such user '" + std::string(value) + "'");
  return {};
}

Parsed take_skip_me(ClientFilter& filter, std::string_view value) {
  filter.skip_asker = equal_ignoring_case(value, "yes");
  if (!filter.skip_asker && !equal_ignoring_case(value, "no")) return wrong(kSyntaxError);
  return {};
}

Parsed take_max_age(ClientFilter& filter, std::string_view value) {
  const auto seconds = number_of(value);
  if (!seconds) return wrong("ERR maxage is not an integer or out of range");
  if (*seconds < 1) return wrong("ERR maxage should be greater than 0");
  filter.least_age_s = *seconds;
  return {};
}

struct Condition {
  std::string_view name;
  Parsed (*take)(ClientFilter& filter, std::string_view value);
};
constexpr std::array kConditions = {
    Condition{"id", take_id},          Condition{"type", take_type},
    Condition{"addr", take_address},   Condition{"laddr", take_local_address},
    Condition{"user", take_user},      Condition{"skipme", take_skip_me},
    Condition{"maxage", take_max_age},
};

Parsed parse_conditions(ClientFilter& filter, const resp::RequestView& request, std::size_t first) {
  for (std::size_t i = first; i < request.size(); i += 2) {
    const auto* const known = std::ranges::find_if(kConditions, [&](const Condition& condition) {
      return equal_ignoring_case(request[i], condition.name);
    });
    if (known == kConditions.end() || i + 1 == request.size()) return wrong(kSyntaxError);
    if (auto taken = known->take(filter, request[i + 1]); !taken) return taken;
  }
  return {};
}

}  // namespace

bool ClientFilter::may_accept(std::uint64_t id) const noexcept {
  return ids.empty() || std::ranges::binary_search(ids, id);
}

bool ClientFilter::accepts(const ClientFacts& client, std::uint64_t asker) const noexcept {
  return may_accept(client.id) && (!type || *type == client.type()) &&
         (!address || *address == client.address) &&
         (!local_address || *local_address == client.local_address) &&
         client.age_s >= least_age_s && !(skip_asker && client.id == asker);
}

std::expected<ClientFilter, std::string> parse_kill_filter(const resp::RequestView& request) {
  ClientFilter filter;
  if (request.size() == 3) {
    filter.address = request[2];
    return filter;
  }
  filter.skip_asker = true;
  if (auto parsed = parse_conditions(filter, request, 2); !parsed) return wrong(parsed.error());
  return filter;
}

std::expected<ClientFilter, std::string> parse_list_filter(const resp::RequestView& request) {
  ClientFilter filter;
  if (request.size() > 3 && equal_ignoring_case(request[2], "id")) {
    // Redis takes everything after ID for ids, and ids that nobody has for what they are.
    for (std::size_t i = 3; i < request.size(); ++i) {
      const auto id = number_of(request[i]);
      if (!id) return wrong("ERR Invalid client ID");
      filter.ids.push_back(static_cast<std::uint64_t>(*id));
    }
    std::ranges::sort(filter.ids);
    return filter;
  }
  if (auto parsed = parse_conditions(filter, request, 2); !parsed) return wrong(parsed.error());
  return filter;
}

}  // namespace slotway::server
