#include "server/script_loader.h"

#include <doctest/doctest.h>

#include <string>

#include "command/script_id.h"
#include "support/resp_text.h"
#include "unit/upstream/connection_harness.h"

using slotway::command::ScriptId;
using slotway::test::request;
using Readiness = slotway::server::ScriptLoader::Readiness;

namespace slotway::server {

namespace {

const std::string kBody = "return 1";
const std::string kOther = "return 2";

std::string name_of(const std::string& body) {
  const auto digits = ScriptId::of(body).digits();
  return {digits.begin(), digits.end()};
}
std::string call_of(const std::string& body, const char* command = "EVALSHA") {
  return request({command, name_of(body), "0"});
}
std::string load_of(const std::string& body) { return request({"SCRIPT", "LOAD", body}); }

/// A loader that knows kBody, and a connection to a node.
struct Rig {
  Rig() {
    loader.bind(*command::CommandTable::built_in());
    CHECK(loader.cache().learn(kBody, ScriptSource::loaded) != nullptr);
    node.get_ready();
  }
  Readiness prepare(const std::string& requests) {
    return loader.prepare(*node.connection, requests);
  }
  /// What has been sent to the node since this was asked last.
  std::string sent() {
    node.end_turn();
    return node.peer().take_received();
  }

  ScriptLoader loader{1'000'000};
  test::ConnectionHarness node;
};

}  // namespace

TEST_CASE("a script goes ahead of its first call on a connection, and only of that") {
  Rig rig;
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.sent() == load_of(kBody));
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.prepare(call_of(kBody, "evalsha_ro")) == Readiness::ready);
  CHECK(rig.sent().empty());
}

TEST_CASE("each connection gets the script, for each may lead to another node") {
  Rig rig;
  test::ConnectionHarness other;
  other.get_ready();
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.loader.prepare(*other.connection, call_of(kBody)) == Readiness::ready);
  other.end_turn();
  CHECK(other.peer().take_received() == load_of(kBody));
}

TEST_CASE("of a script that is known by name only the first call is unsure") {
  Rig rig;
  CHECK(rig.prepare(call_of(kOther)) == Readiness::unsure);
  CHECK(rig.prepare(call_of(kOther)) == Readiness::ready);
  CHECK(rig.sent().empty());
}

TEST_CASE("what is no name of a script, and what is no call of one, needs nothing") {
  Rig rig;
  CHECK(rig.prepare(request("EVALSHA nonsense 0")) == Readiness::ready);
  CHECK(rig.prepare(request("GET key")) == Readiness::ready);
  CHECK(rig.prepare(request({"EVALSHA", name_of(kBody)})) == Readiness::ready);
  CHECK(rig.sent().empty());
}

TEST_CASE("all calls of a block are prepared, each script once") {
  Rig rig;
  CHECK(rig.loader.cache().learn(kOther, ScriptSource::evaluated) != nullptr);
  CHECK(rig.prepare(request("MULTI") + call_of(kBody) + call_of(kOther) + call_of(kBody) +
                    request("EXEC")) == Readiness::ready);
  CHECK(rig.sent() == load_of(kBody) + load_of(kOther));
  CHECK(rig.prepare(request("MULTI") + call_of("return 3") + call_of(kBody) + request("EXEC")) ==
        Readiness::unsure);
}

TEST_CASE("after NOSCRIPT the script is brought again, if it is known") {
  Rig rig;
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  static_cast<void>(rig.sent());
  CHECK(rig.loader.missing(*rig.node.connection, call_of(kBody)));
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.sent() == load_of(kBody));
  CHECK_FALSE(rig.loader.missing(*rig.node.connection, call_of(kOther)));
  CHECK_FALSE(rig.loader.missing(*rig.node.connection, request("GET key")));
}

TEST_CASE("a new connection is told anew, and so are all after SCRIPT FLUSH") {
  Rig rig;
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  static_cast<void>(rig.sent());
  rig.loader.forget(*rig.node.connection);
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.sent() == load_of(kBody));
  rig.loader.clear();
  CHECK(rig.prepare(call_of(kBody)) == Readiness::unsure);  // its text is forgotten as well
}

TEST_CASE("a text that the node cannot compile is no script; other errors pass") {
  Rig rig;
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  rig.loader.on_loaded(*rig.node.connection, load_of(kBody), {"-LOADING wait\r\n"});
  static_cast<void>(rig.sent());
  CHECK(rig.prepare(call_of(kBody)) == Readiness::ready);
  CHECK(rig.sent() == load_of(kBody));
  rig.loader.on_loaded(*rig.node.connection, load_of(kBody), {"-ERR Error compiling script\r\n"});
  CHECK(rig.prepare(call_of(kBody)) == Readiness::unsure);
  CHECK(rig.sent().empty());
}

TEST_CASE("calls of scripts and what may contain them have to be prepared, nothing else") {
  Rig rig;
  const auto& table = *command::CommandTable::built_in();
  for (const char* name : {"evalsha", "evalsha_ro", "exec"}) {
    CHECK(rig.loader.concerns(table.find(name)->id));
  }
  for (const char* name : {"eval", "get", "fcall"}) {
    CHECK_FALSE(rig.loader.concerns(table.find(name)->id));
  }
}

}  // namespace slotway::server
