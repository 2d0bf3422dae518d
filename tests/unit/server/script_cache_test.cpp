#include "server/script_cache.h"

#include <doctest/doctest.h>

#include <string>

using slotway::command::ScriptId;
using slotway::server::ScriptCache;
using slotway::server::ScriptSource;

namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 20;

/// Scripts of a thousand bytes each, so that a cache of 10,000 has room for 7.
std::string numbered(int number) { return "--" + std::to_string(number) + std::string(998, '-'); }

bool knows(ScriptCache& cache, const std::string& body) {
  const auto found = cache.find(ScriptId::of(body));
  return found != nullptr && found->body == body;
}

}  // namespace

TEST_CASE("a script is found by its name once it has been seen, and is news only once") {
  ScriptCache cache(kPlenty);
  CHECK(cache.find(ScriptId::of("return 1")) == nullptr);
  const auto script = cache.learn("return 1", ScriptSource::evaluated);
  REQUIRE(script != nullptr);
  CHECK(script->id == ScriptId::of("return 1"));
  CHECK(cache.learn("return 1", ScriptSource::evaluated) == nullptr);
  CHECK(cache.find(ScriptId::of("return 1")) == script);
  CHECK(cache.size() == 1);
}

TEST_CASE("that a known script is now meant to stay is news too") {
  ScriptCache cache(kPlenty);
  const auto script = cache.learn("return 1", ScriptSource::evaluated);
  CHECK(cache.learn("return 1", ScriptSource::loaded) == script);
  CHECK(cache.learn("return 1", ScriptSource::loaded) == nullptr);
  CHECK(cache.learn("return 1", ScriptSource::evaluated) == nullptr);
}

TEST_CASE("a script that another worker has learned is shared and not copied") {
  ScriptCache ours(kPlenty);
  ScriptCache theirs(kPlenty);
  const auto script = theirs.learn("return 1", ScriptSource::loaded);
  ours.add(script, ScriptSource::loaded);
  ours.add(script, ScriptSource::loaded);
  CHECK(ours.find(script->id) == script);
  CHECK(ours.size() == 1);
}

TEST_CASE("the limit holds, and what was not used for longest is forgotten first") {
  ScriptCache cache(10'000);
  for (int number = 0; number < 7; ++number) {
    CHECK(cache.learn(numbered(number), ScriptSource::evaluated) != nullptr);
  }
  CHECK(cache.size() == 7);
  CHECK(knows(cache, numbered(0)));
  CHECK(cache.learn(numbered(7), ScriptSource::evaluated) != nullptr);
  CHECK(cache.bytes() <= 10'000);
  CHECK(knows(cache, numbered(0)));  // used after 1 was
  CHECK_FALSE(knows(cache, numbered(1)));
  CHECK(knows(cache, numbered(7)));
}

TEST_CASE("scripts that were only run do not drive out those that were loaded") {
  ScriptCache cache(10'000);
  CHECK(cache.learn("return 'stays'", ScriptSource::loaded) != nullptr);
  for (int number = 0; number < 1000; ++number) {
    CHECK(cache.learn(numbered(number), ScriptSource::evaluated) != nullptr);
  }
  CHECK(knows(cache, "return 'stays'"));
  CHECK(cache.bytes() <= 10'000);
  for (int number = 0; number < 100; ++number) {
    CHECK(cache.learn(numbered(number), ScriptSource::loaded) != nullptr);
  }
  CHECK(cache.bytes() <= 10'000);
  CHECK_FALSE(knows(cache, numbered(0)));
  CHECK(knows(cache, numbered(99)));
}

TEST_CASE("a script larger than the limit is not kept, and costs no other its place") {
  ScriptCache cache(10'000);
  CHECK(cache.learn("return 1", ScriptSource::evaluated) != nullptr);
  CHECK(cache.learn(std::string(20'000, '-'), ScriptSource::loaded) == nullptr);
  CHECK(knows(cache, "return 1"));
}

TEST_CASE("one script can be forgotten and leaves room for others") {
  ScriptCache cache(10'000);
  for (int number = 0; number < 7; ++number) {
    CHECK(cache.learn(numbered(number), ScriptSource::loaded) != nullptr);
  }
  cache.erase(ScriptId::of(numbered(6)));
  cache.erase(ScriptId::of("never seen"));
  CHECK_FALSE(knows(cache, numbered(6)));
  CHECK(cache.learn(numbered(7), ScriptSource::evaluated) != nullptr);
  CHECK(knows(cache, numbered(0)));
  CHECK(knows(cache, numbered(7)));
}

TEST_CASE("a cleared cache knows nothing and is as good as new") {
  ScriptCache cache(kPlenty);
  CHECK(cache.learn("return 1", ScriptSource::loaded) != nullptr);
  cache.clear();
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
  CHECK_FALSE(knows(cache, "return 1"));
  CHECK(cache.learn("return 1", ScriptSource::loaded) != nullptr);
  CHECK(knows(cache, "return 1"));
}
