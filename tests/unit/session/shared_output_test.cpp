// Output that holds bytes by reference beside its own.

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <random>
#include <string>

#include "session/output.h"

using slotway::resp::ByteBuffer;
using slotway::resp::ReplyFrame;
using slotway::session::BufferPool;
using slotway::session::Output;
using slotway::session::SharedBytes;

namespace {

SharedBytes shared(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

std::string front_of(const Output& output) {
  std::array<std::string_view, 3> pieces;
  const std::size_t count = output.gather(pieces);
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += pieces[i];
  return bytes;
}

// Writes everything in steps of at most `step` bytes, as a slow socket does.
std::string drain(Output& output, std::size_t step) {
  std::string written;
  while (!output.empty()) {
    const std::string bytes = front_of(output).substr(0, step);
    REQUIRE(!bytes.empty());
    written += bytes;
    output.consume(bytes.size());
  }
  return written;
}

}  // namespace

TEST_CASE("shared bytes leave in their place among a client's own") {
  for (std::size_t step = 1; step < 12; ++step) {
    BufferPool pool;
    Output output(pool);
    output.append("abc");
    output.append(shared("DEFG"));
    output.append(shared("H"));
    output.append("ijk");
    CHECK(output.size() == 11);
    CHECK(drain(output, step) == "abcDEFGHijk");
  }
}

TEST_CASE("an output may begin with shared bytes and be appended to while they are half written") {
  BufferPool pool;
  Output output(pool);
  output.append(shared("shared"));
  CHECK(front_of(output) == "shared");
  output.consume(3);
  output.append("own");
  output.append(shared("more"));
  CHECK(drain(output, 2) == "redownmore");
}

TEST_CASE("the bytes are not copied, and live until the last output has written them") {
  BufferPool pool;
  Output first(pool);
  Output second(pool);
  SharedBytes bytes = shared(std::string(100'000, 'x'));
  first.append(bytes);
  second.append("own");
  second.append(bytes);
  CHECK(bytes.use_count() == 3);
  CHECK(first.heap_bytes() < 1000);
  const std::weak_ptr<const std::string> watched = bytes;
  bytes.reset();
  first.consume(100'000);
  CHECK(first.empty());
  REQUIRE(watched.use_count() == 1);
  CHECK(drain(second, 70'000) == "own" + std::string(100'000, 'x'));
  CHECK(watched.expired());
}

TEST_CASE("any mixture of own, large and shared bytes leaves in order") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    BufferPool pool;
    Output output(pool);
    std::string expected;
    std::string written;
    char letter = 'a';
    for (int i = 0; i < 40; ++i) {
      const std::string bytes(1 + random() % 50, letter);
      letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1);
      expected += bytes;
      switch (random() % 3) {
        case 0:
          output.append(bytes);
          break;
        case 1:
          output.append(shared(bytes));
          break;
        default: {
          ByteBuffer buffer(bytes.size());
          buffer.append(bytes);
          output.append(ReplyFrame{buffer.view(), &buffer});
        }
      }
      if (random() % 3 == 0 && !output.empty()) {
        const std::string part = front_of(output).substr(0, random() % 100);
        written += part;
        if (!part.empty()) output.consume(part.size());
      }
    }
    written += drain(output, 33);
    REQUIRE(written == expected);
  }
}
