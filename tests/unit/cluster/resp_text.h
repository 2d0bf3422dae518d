#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

// Writes RESP2 frames by hand, for replies of servers that are not at hand and for impossible ones.

namespace slotway::cluster::text {

inline std::string bulk(std::string_view bytes) {
  return "$" + std::to_string(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n";
}

inline std::string integer(long long value) { return ":" + std::to_string(value) + "\r\n"; }

inline std::string array(std::initializer_list<std::string> frames) {
  std::string result = "*" + std::to_string(frames.size()) + "\r\n";
  for (const std::string& frame : frames) result += frame;
  return result;
}

inline const std::string kNull = "$-1\r\n";

/// A node of CLUSTER SLOTS, as Redis 7 and later write it.
inline std::string slots_node(std::string_view host, int port, std::string_view id) {
  return array({bulk(host), integer(port), bulk(id), array({})});
}

/// A node of CLUSTER SHARDS with the fields that all versions write.
inline std::string shards_node(std::string_view id, std::string_view host, int port,
                               std::string_view role, std::string_view health) {
  return array({bulk("id"), bulk(id), bulk("port"), integer(port), bulk("ip"), bulk(host),
                bulk("endpoint"), bulk(host), bulk("role"), bulk(role), bulk("replication-offset"),
                integer(14), bulk("health"), bulk(health)});
}

inline std::string shard(const std::string& slots, const std::string& nodes) {
  return array({bulk("slots"), slots, bulk("nodes"), nodes});
}

}  // namespace slotway::cluster::text
