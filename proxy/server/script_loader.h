#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "command/command_table.h"
#include "command/script_id.h"
#include "resp/request_parser.h"
#include "resp/request_view.h"
#include "server/script_cache.h"
#include "upstream/connection.h"

namespace slotway::server {

/// Sees to it that a node has the scripts it is told to run by name, so that no client meets
/// NOSCRIPT for a script it has loaded through Slotway: a shard may never have seen it, or have got
/// a new primary since.
///
/// A client's later commands may be on their way behind its EVALSHA, and running it again after a
/// NOSCRIPT would let them overtake. So the script goes ahead: in front of the first EVALSHA that a
/// connection carries for it, SCRIPT LOAD is sent. That NOSCRIPT comes all the same takes somebody
/// who flushes a node's scripts past Slotway; only then is the EVALSHA sent again.
class ScriptLoader {
 public:
  explicit ScriptLoader(std::size_t cache_bytes) : cache_(cache_bytes) {}

  void bind(const command::CommandTable& commands);

  [[nodiscard]] ScriptCache& cache() noexcept { return cache_; }

  enum class Readiness : std::uint8_t {
    ready,   ///< the node has every script, or gets it first
    unsure,  ///< a script is called of which Slotway knows only the name
  };
  /// Before `requests` is sent over a connection: one request, or several in a row. Sends what it
  /// lacks.
  Readiness prepare(upstream::Connection& connection, std::string_view requests);

  /// True for commands whose requests have to be prepared: EVALSHA, and EXEC for what it runs.
  [[nodiscard]] bool concerns(command::CommandId command) const noexcept {
    return command == evalsha_ || command == evalsha_ro_ || command == exec_;
  }

  /// True for commands that run a script or a function, which answers what it likes.
  [[nodiscard]] bool runs_script(command::CommandId command) const noexcept {
    return command == eval_ || command == evalsha_ || command == fcall_;
  }

  /// A node has answered NOSCRIPT to `request`. True if sending it again, prepared again, may help.
  [[nodiscard]] bool missing(upstream::Connection& connection, std::string_view request);

  /// The reply to a SCRIPT LOAD that prepare() sent.
  void on_loaded(upstream::Connection& connection, std::string_view request,
                 const resp::ReplyFrame& reply);
  /// A connection has ended: nothing is known of what the next one meets.
  void forget(const upstream::Connection& connection) { present_.erase(&connection); }
  /// SCRIPT FLUSH.
  void clear() noexcept;

 private:
  /// More are not kept for a connection; it then begins anew, which costs some a needless SCRIPT
  /// LOAD.
  static constexpr std::size_t kMostPerConnection = 16'384;

  using Present = std::unordered_set<command::ScriptId>;

  [[nodiscard]] bool is_script_call(const resp::RequestView& request) const noexcept;
  Readiness prepare_call(upstream::Connection& connection, std::string_view name);
  static void send_load(upstream::Connection& connection, std::string_view body);

  ScriptCache cache_;
  // The scripts each connection's node has, as far as requests sent over that very connection show:
  // what another connection carried may arrive later.
  std::unordered_map<const upstream::Connection*, Present> present_;
  resp::RequestParser parser_;
  command::CommandId eval_ = command::kNoCommand;
  command::CommandId evalsha_ = command::kNoCommand;
  command::CommandId fcall_ = command::kNoCommand;
  command::CommandId evalsha_ro_ = command::kNoCommand;
  command::CommandId exec_ = command::kNoCommand;
};

}  // namespace slotway::server
