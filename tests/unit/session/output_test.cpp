#include "session/output.h"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using slotway::resp::ByteBuffer;
using slotway::resp::ReplyFrame;
using slotway::session::BufferPool;
using slotway::session::Output;

namespace {

std::string gathered(const Output& output, std::size_t places) {
  std::vector<std::string_view> pieces(places);
  std::string text;
  const std::size_t count = output.gather(pieces);
  REQUIRE(count >= 1);
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE(!pieces[i].empty());
    text += pieces[i];
  }
  return text;
}

}  // namespace

TEST_CASE("small replies share a chunk") {
  BufferPool pool;
  Output output(pool);
  CHECK(output.empty());
  for (int i = 0; i < 100; ++i) output.append("+OK\r\n");
  CHECK(output.size() == 500);
  CHECK(output.chunks() == 1);
  output.consume(500);
  CHECK(output.empty());
}

TEST_CASE("a reply that comes with a buffer is not copied") {
  BufferPool pool;
  Output output(pool);
  ByteBuffer buffer;
  buffer.append(std::string(100'000, 'x'));
  const char* const place = buffer.view().data();
  output.append("+before\r\n");
  output.append(ReplyFrame{buffer.view(), &buffer});
  output.append("+after\r\n");
  std::array<std::string_view, 4> pieces;
  REQUIRE(output.gather(pieces) == 3);
  CHECK(pieces[1].data() == place);
  CHECK(output.size() == 100'000 + 9 + 8);
}

TEST_CASE("sealed chunks stay where they are while more is appended") {
  BufferPool pool;
  Output output(pool);
  output.append("first");
  std::array<std::string_view, 1> before;
  REQUIRE(output.gather(before) == 1);
  output.seal();
  for (int i = 0; i < 50'000; ++i) output.append("more");
  std::array<std::string_view, 2> after;
  REQUIRE(output.gather(after) == 2);
  CHECK(after[0].data() == before[0].data());
  CHECK(after[0] == "first");
}

TEST_CASE("output is what was appended, whatever is appended, sealed and consumed") {
  std::mt19937 random(53);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  BufferPool pool;
  for (int round = 0; round < 200; ++round) {
    Output output(pool);
    std::string model;
    std::vector<std::string_view> sealed;  // pieces being written
    std::size_t sealed_bytes = 0;
    for (int step = 0; step < 200; ++step) {
      const std::string bytes(1 + below(below(4) == 0 ? 90'000 : 300),
                              static_cast<char>('a' + below(26)));
      switch (below(6)) {
        case 0:
        case 1:
          output.append(bytes);
          model += bytes;
          break;
        case 2: {
          ByteBuffer buffer;
          buffer.append(bytes);
          output.append(ReplyFrame{buffer.view(), &buffer});
          model += bytes;
          break;
        }
        case 3:
          output.append(std::make_shared<const std::string>(bytes));
          model += bytes;
          break;
        case 4:  // a write that takes long begins
          if (sealed_bytes > 0 || output.empty()) break;
          sealed.resize(8);
          sealed.resize(output.gather(sealed));
          for (const std::string_view piece : sealed) sealed_bytes += piece.size();
          output.seal();
          break;
        default:
          if (sealed_bytes > 0) {
            std::string written;
            for (const std::string_view piece : sealed) written += piece;
            REQUIRE(model.starts_with(written));  // the bytes have neither moved nor changed
            output.consume(sealed_bytes);
            model.erase(0, sealed_bytes);
            sealed_bytes = 0;
          } else if (!output.empty()) {
            const std::size_t size = below(model.size() + 1);
            output.consume(size);
            model.erase(0, size);
          }
      }
      REQUIRE(output.size() == model.size());
      REQUIRE(output.empty() == model.empty());
      if (model.empty()) continue;
      REQUIRE(gathered(output, 1'000) == model);
      REQUIRE(model.starts_with(gathered(output, 1 + below(4))));
    }
  }
}

TEST_CASE("empty frames add nothing") {
  BufferPool pool;
  Output output(pool);
  output.append("");
  CHECK(output.empty());
  output.append("+OK\r\n");
  output.append("");
  CHECK(gathered(output, 8) == "+OK\r\n");
}

TEST_CASE("a buffer serves one output after the other") {
  BufferPool pool;
  const char* place = nullptr;
  {
    Output output(pool);
    output.append("x");
    std::array<std::string_view, 1> pieces;
    (void)output.gather(pieces);
    place = pieces[0].data();
    output.consume(1);
  }
  Output output(pool);
  output.append("y");
  std::array<std::string_view, 1> pieces;
  (void)output.gather(pieces);
  CHECK(pieces[0].data() == place);
}
