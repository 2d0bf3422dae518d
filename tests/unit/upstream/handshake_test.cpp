#include "upstream/handshake.h"

#include <doctest/doctest.h>

#include <string>

#include "support/feeding.h"

using slotway::test::for_each_way_to_arrive;
using slotway::test::Pieces;
using slotway::upstream::Credentials;
using slotway::upstream::Handshake;

namespace {

Handshake::State receive(Handshake& handshake, const Pieces& pieces) {
  Handshake::State state = Handshake::State::waiting;
  for (const std::string_view piece : pieces) state = handshake.receive(piece);
  return state;
}

}  // namespace

TEST_CASE("without password, RESP3 and replica there is nothing to say") {
  CHECK(Handshake(Credentials{}, 2, false).finished());
}

TEST_CASE("AUTH, HELLO and READONLY go out one after the other") {
  Handshake handshake(Credentials{"user", "secret"}, 3, true);
  CHECK(handshake.request() == "*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$6\r\nsecret\r\n");
  CHECK(handshake.receive("+OK\r\n") == Handshake::State::step_done);
  CHECK(handshake.request() == "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n");
  CHECK(handshake.receive("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n") == Handshake::State::step_done);
  CHECK(handshake.request() == "*1\r\n$8\r\nREADONLY\r\n");
  CHECK(handshake.receive("+OK\r\n") == Handshake::State::finished);
  CHECK(handshake.finished());
}

TEST_CASE("a password without a user is sent alone") {
  const Handshake handshake(Credentials{"", "secret"}, 2, false);
  CHECK(handshake.request() == "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n");
}

TEST_CASE("an answer may come in pieces") {
  for_each_way_to_arrive("%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n", [](const Pieces& pieces) {
    Handshake handshake(Credentials{}, 3, false);
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
      CHECK(handshake.receive(pieces[i]) == Handshake::State::waiting);
    }
    CHECK(handshake.receive(pieces.back()) == Handshake::State::finished);
  });
}

TEST_CASE("a refusal is told without the password") {
  for_each_way_to_arrive("-WRONGPASS invalid username-password pair\r\n", [](const Pieces& pieces) {
    Handshake handshake(Credentials{"", "secret"}, 2, false);
    CHECK(receive(handshake, pieces) == Handshake::State::failed);
    CHECK(handshake.error() == "AUTH was refused: WRONGPASS invalid username-password pair");
  });
  Handshake resp3(Credentials{}, 3, false);
  CHECK(resp3.receive("!21\r\nSYNTAX invalid syntax\r\n") == Handshake::State::failed);
  CHECK(resp3.error() == "HELLO was refused: SYNTAX invalid syntax");
}

TEST_CASE("bytes behind an answer mean that something else answers than was asked") {
  for_each_way_to_arrive("+OK\r\n+OK\r\n", [](const Pieces& pieces) {
    Handshake handshake(Credentials{"", "secret"}, 2, true);
    Handshake::State state = Handshake::State::waiting;
    for (const std::string_view piece : pieces) {
      state = handshake.receive(piece);
      if (state == Handshake::State::step_done) break;
    }
    // Either seen at once, or an answer to a question that has not been asked: the caller sees to
    // that.
    CHECK(state != Handshake::State::waiting);
    CHECK(state != Handshake::State::finished);
  });
  Handshake handshake(Credentials{"", "secret"}, 2, false);
  CHECK(handshake.receive("+OK\r\n+") == Handshake::State::failed);
}

TEST_CASE("only what the command answers counts as an answer") {
  for (const std::string_view reply : {"HTTP/1.1 400 Bad Request\r\n", ":1\r\n", "$2\r\nOK\r\n",
                                       "*0\r\n", ">1\r\n+OK\r\n", "_\r\n"}) {
    Handshake handshake(Credentials{"", "secret"}, 2, false);
    CHECK_MESSAGE(handshake.receive(reply) == Handshake::State::failed, reply);
    CHECK(handshake.error() == "AUTH was answered with something that is no answer to it");
  }
  Handshake hello(Credentials{}, 3, false);
  CHECK(hello.receive("+OK\r\n") == Handshake::State::failed);
}
