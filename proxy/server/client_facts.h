#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "command/command_table.h"
#include "session/client_session.h"

namespace slotway::server {

/// What CLIENT LIST shows as letters, in the order it shows them.
/// https://redis.io/docs/latest/commands/client-list/
enum class ClientFlag : std::uint16_t {
  monitor = 1U << 0,         // O
  subscribed = 1U << 1,      // P
  transaction = 1U << 2,     // x
  blocked = 1U << 3,         // b
  tracking = 1U << 4,        // t
  lost_redirect = 1U << 5,   // R
  broadcasting = 1U << 6,    // B
  watch_is_dirty = 1U << 7,  // d
  closing = 1U << 8,         // c
  unix_socket = 1U << 9,     // U
  no_evict = 1U << 10,       // e
  no_touch = 1U << 11,       // T
};

/// The kinds of client that CLIENT LIST and CLIENT KILL tell apart. Slotway never has the other
/// two, masters and replicas.
enum class ClientType : std::uint8_t { normal, pubsub, master, replica };

/// One client as CLIENT LIST shows it: a copy, so that it may travel to the worker that has been
/// asked.
struct ClientFacts {
  std::uint64_t id = 0;
  std::string address;
  std::string local_address;
  int descriptor = -1;
  std::string name;
  std::string library_name;
  std::string library_version;
  std::int64_t age_s = 0;
  std::int64_t idle_s = 0;
  std::uint16_t flags = 0;
  std::size_t channels = 0;  ///< subscribed to
  std::size_t patterns = 0;
  std::size_t shard_channels = 0;
  std::int64_t queued = -1;      ///< commands in its transaction, -1 without one
  std::size_t queued_bytes = 0;  ///< the memory they take up
  session::SessionUsage usage;
  bool reading = true;
  bool writing = false;
  std::string_view command;    ///< the last one; lives as long as the command table
  std::int64_t redirect = -1;  ///< client that gets its invalidations, 0: itself, -1: no tracking
  int protocol = 2;

  void set(ClientFlag flag) noexcept { flags |= static_cast<std::uint16_t>(flag); }
  [[nodiscard]] bool has(ClientFlag flag) const noexcept {
    return (flags & static_cast<std::uint16_t>(flag)) != 0;
  }
  [[nodiscard]] ClientType type() const noexcept {
    return has(ClientFlag::subscribed) ? ClientType::pubsub : ClientType::normal;
  }
};

/// Collects the facts of a session, those its ClientState knows included. Asks the kernel for
/// addresses.
[[nodiscard]] ClientFacts facts_of(session::ClientSession& session,
                                   const command::CommandTable& commands, std::uint64_t now_ns);

/// The line of CLIENT LIST with its line feed: the fields of Redis 7.0 in its order
/// (catClientInfoString in networking.c), then lib-name and lib-ver, which Redis 7.2 appends.
[[nodiscard]] std::string to_line(const ClientFacts& facts);

}  // namespace slotway::server
