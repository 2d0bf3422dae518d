#include "resp/byte_buffer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>

using slotway::resp::ByteBuffer;

TEST_CASE("a new buffer is empty and owns nothing") {
  const ByteBuffer buffer;
  CHECK(buffer.empty());
  CHECK(buffer.size() == 0);
  CHECK(buffer.capacity() == 0);
  CHECK(buffer.view().empty());
}

TEST_CASE("bytes leave a buffer in the order they came") {
  ByteBuffer buffer;
  buffer.append("hello ");
  buffer.append("");
  buffer.append("world");
  CHECK(buffer.view() == "hello world");
  buffer.consume(6);
  CHECK(buffer.view() == "world");
  buffer.append("!");
  CHECK(buffer.view() == "world!");
  buffer.consume(6);
  CHECK(buffer.empty());
}

TEST_CASE("what is prepared counts only once it is committed") {
  ByteBuffer buffer;
  buffer.append("ab");
  const auto room = buffer.prepare(3);
  REQUIRE(room.size() >= 3);
  std::ranges::copy(std::string_view("cde"), room.begin());
  CHECK(buffer.view() == "ab");
  buffer.commit(2);
  CHECK(buffer.view() == "abcd");
}

TEST_CASE("an emptied buffer starts at its front again") {
  ByteBuffer buffer(64);
  buffer.append(std::string(64, 'x'));
  CHECK(buffer.room() == 0);
  buffer.consume(64);
  CHECK(buffer.room() == 64);
}

TEST_CASE("a moved buffer takes its bytes along and leaves an empty one") {
  ByteBuffer first;
  first.append("text");
  const char* const place = first.view().data();
  ByteBuffer second = std::move(first);
  CHECK(second.view() == "text");
  CHECK(second.view().data() == place);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): what is left is part of the contract
  CHECK(first.capacity() == 0);
  first.append("again");
  second = std::move(first);
  CHECK(second.view() == "again");
}

TEST_CASE("a buffer behaves as a string does, whatever is done to it") {
  std::mt19937 random(7);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 200; ++round) {
    ByteBuffer buffer(below(4) == 0 ? 0 : below(300));
    std::string model;
    for (int step = 0; step < 100; ++step) {
      const std::string bytes(below(below(10) == 0 ? 5'000 : 200),
                              static_cast<char>('a' + below(26)));
      if (below(2) == 0) {
        buffer.append(bytes);
        model += bytes;
      } else if (below(2) == 0) {
        const auto room = buffer.prepare(bytes.size());
        REQUIRE(room.size() >= bytes.size());
        std::ranges::copy(bytes, room.begin());
        buffer.commit(bytes.size());
        model += bytes;
      } else {
        const std::size_t size = below(model.size() + 1);
        buffer.consume(size);
        model.erase(0, size);
      }
      REQUIRE(buffer.view() == model);
      REQUIRE(buffer.size() == model.size());
      REQUIRE(buffer.capacity() >= model.size());
    }
  }
}

TEST_CASE("a buffer grows with what it holds, by doubling at the most") {
  ByteBuffer buffer;
  std::size_t total = 0;
  while (total < 1'000'000) {
    buffer.append(std::string(777, 'x'));
    total += 777;
    CHECK(buffer.capacity() <= std::max<std::size_t>(512, 2 * total));
  }
}

TEST_CASE("a queue that stays short does not make its buffer grow") {
  ByteBuffer buffer;
  for (int i = 0; i < 100'000; ++i) {
    buffer.append("0123456789");
    if (buffer.size() > 100) buffer.consume(50);
  }
  CHECK(buffer.capacity() <= 512);
}
