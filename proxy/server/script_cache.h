#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "command/script_id.h"

namespace slotway::server {

/// A script clients have sent. Immutable, so that all workers share one copy.
struct Script {
  command::ScriptId id;
  std::string body;
};
using ScriptRef = std::shared_ptr<const Script>;

/// How a client sent it. Those that were only run come and go by the thousand if a client writes
/// values into their text, and must not drive out those that were meant to stay.
enum class ScriptSource : std::uint8_t {
  evaluated,  ///< EVAL
  loaded,     ///< SCRIPT LOAD
};

/// The scripts that clients have sent through Slotway: what a node is missing can be loaded there.
/// One per worker, all told of each new script. Within its limit it forgets what has not been used
/// for longest, and scripts that were loaded only when there are no others.
class ScriptCache {
 public:
  explicit ScriptCache(std::size_t limit_bytes) noexcept : limit_bytes_(limit_bytes) {}
  ScriptCache(const ScriptCache&) = delete;
  ScriptCache& operator=(const ScriptCache&) = delete;

  /// Remembers a script. Returns it if that is news, for those who have to know too; null
  /// otherwise, and for a script larger than the limit.
  [[nodiscard]] ScriptRef learn(std::string_view body, ScriptSource source);
  /// The same for a script that somebody else has learned.
  void add(ScriptRef script, ScriptSource source);

  /// Null if it is not known. Counts as a use.
  [[nodiscard]] ScriptRef find(const command::ScriptId& id);

  void erase(const command::ScriptId& id) noexcept;
  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Entry {
    ScriptRef script;
    ScriptSource source;
  };
  using Entries = std::list<Entry>;  // the most recently used first

  [[nodiscard]] Entries& entries_of(ScriptSource source) noexcept {
    return source == ScriptSource::loaded ? loaded_ : evaluated_;
  }
  /// True if that changed where it comes from.
  bool use(Entries::iterator entry, ScriptSource source) noexcept;
  void make_room();
  void remove(Entries::iterator entry) noexcept;

  Entries evaluated_;
  Entries loaded_;
  std::unordered_map<command::ScriptId, Entries::iterator> by_id_;
  // So that a script which is run again and again need not be digested each time. The keys are the
  // entries' own texts.
  std::unordered_map<std::string_view, Entries::iterator> by_body_;
  std::size_t bytes_ = 0;
  std::size_t limit_bytes_;
};

}  // namespace slotway::server
