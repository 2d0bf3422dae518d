#include "server/script_cache.h"

#include <iterator>
#include <utility>

namespace slotway::server {

namespace {

// What an entry takes besides its text: the nodes of a list and two hash tables, and the script
// itself.
constexpr std::size_t kEntryBytes = 256;

std::size_t cost_of(const Script& script) noexcept { return kEntryBytes + script.body.size(); }

}  // namespace

ScriptRef ScriptCache::learn(std::string_view body, ScriptSource source) {
  if (const auto known = by_body_.find(body); known != by_body_.end()) {
    return use(known->second, source) ? known->second->script : nullptr;
  }
  if (kEntryBytes + body.size() > limit_bytes_) return nullptr;
  auto script = std::make_shared<const Script>(command::ScriptId::of(body), std::string(body));
  add(script, source);
  return script;
}

void ScriptCache::add(ScriptRef script, ScriptSource source) {
  if (const auto known = by_id_.find(script->id); known != by_id_.end()) {
    use(known->second, source);
    return;
  }
  bytes_ += cost_of(*script);
  Entries& entries = entries_of(source);
  entries.push_front({std::move(script), source});
  const auto entry = entries.begin();
  by_id_.emplace(entry->script->id, entry);
  by_body_.emplace(entry->script->body, entry);
  make_room();
}

ScriptRef ScriptCache::find(const command::ScriptId& id) {
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return nullptr;
  use(known->second, ScriptSource::evaluated);
  return known->second->script;
}

bool ScriptCache::use(Entries::iterator entry, ScriptSource source) noexcept {
  const bool becomes_loaded =
      source == ScriptSource::loaded && entry->source == ScriptSource::evaluated;
  Entries& from = entries_of(entry->source);
  if (becomes_loaded) entry->source = ScriptSource::loaded;
  Entries& to = entries_of(entry->source);
  to.splice(to.begin(), from, entry);  // iterators stay valid
  return becomes_loaded;
}

void ScriptCache::make_room() {
  while (bytes_ > limit_bytes_) {
    Entries& entries = evaluated_.empty() ? loaded_ : evaluated_;
    remove(std::prev(entries.end()));
  }
}

void ScriptCache::remove(Entries::iterator entry) noexcept {
  const ScriptRef script = entry->script;  // the indexes' keys are its texts
  bytes_ -= cost_of(*script);
  by_body_.erase(script->body);
  by_id_.erase(script->id);
  entries_of(entry->source).erase(entry);
}

void ScriptCache::erase(const command::ScriptId& id) noexcept {
  if (const auto known = by_id_.find(id); known != by_id_.end()) remove(known->second);
}

void ScriptCache::clear() noexcept {
  by_body_.clear();
  by_id_.clear();
  evaluated_.clear();
  loaded_.clear();
  bytes_ = 0;
}

}  // namespace slotway::server
