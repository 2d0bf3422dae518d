#include "resp/partial_input.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using slotway::resp::PartialInput;

namespace {

// Reads `bytes` as a socket would: as much as fits the room, then says how much of what has arrived
// is done with.
std::string_view read(PartialInput& input, std::vector<char>& shared, std::string_view& bytes,
                      std::size_t least_size = 0) {
  const auto room = input.room(shared, least_size);
  REQUIRE(!room.empty());
  const std::size_t size = std::min(room.size(), bytes.size());
  std::copy_n(bytes.begin(), size, room.begin());
  bytes.remove_prefix(size);
  return input.arrived(size);
}

}  // namespace

TEST_CASE("a remainder stands in front of what arrives next") {
  std::vector<char> shared(64);
  PartialInput input;
  std::string_view first = "abcdef";
  auto arrived = read(input, shared, first);
  CHECK(arrived == "abcdef");
  input.keep(arrived, 4);
  CHECK(input.view() == "ef");
  std::string_view second = "gh";
  arrived = read(input, shared, second);
  CHECK(arrived == "efgh");
  input.keep(arrived, 4);
  CHECK(input.empty());
}

TEST_CASE("messages of any size come out as they went in, however they are read") {
  std::mt19937 random(11);
  const auto below = [&](std::size_t limit) { return random() % limit; };
  for (int round = 0; round < 300; ++round) {
    // A message is its size in one byte's hundreds, then as many bytes.
    std::string stream;
    std::vector<std::string> sent;
    for (int i = 0; i < 20; ++i) {
      const std::size_t hundreds = below(below(4) == 0 ? 200 : 3);
      std::string message(1, static_cast<char>(hundreds));
      message.append(hundreds * 100, static_cast<char>('a' + i));
      stream += message;
      sent.push_back(std::move(message));
    }
    std::vector<char> shared(1024);
    PartialInput input;
    std::vector<std::string> got;
    std::string_view rest = stream;
    while (!rest.empty()) {
      std::string_view now = rest.substr(0, 1 + below(below(2) == 0 ? 50 : 5'000));
      rest.remove_prefix(now.size());
      while (!now.empty()) {
        std::size_t least_size = 0;
        if (!input.empty() && below(2) == 0) {
          least_size =
              1 + 100 * static_cast<std::size_t>(static_cast<unsigned char>(input.view().front()));
        }
        const std::string_view arrived = read(input, shared, now, least_size);
        std::size_t done = 0;
        while (done < arrived.size()) {
          const std::size_t size =
              1 + 100 * static_cast<std::size_t>(static_cast<unsigned char>(arrived[done]));
          if (arrived.size() - done < size) break;
          got.emplace_back(arrived.substr(done, size));
          done += size;
        }
        input.keep(arrived, done);
      }
    }
    REQUIRE(got == sent);
    CHECK(input.empty());
  }
}

TEST_CASE("an announced size makes no room of that size before its bytes have come") {
  std::vector<char> shared(64 * 1024);
  PartialInput input;
  std::string_view header = "$1073741824\r\n";
  auto arrived = read(input, shared, header);
  input.keep(arrived, 0);
  constexpr std::size_t kGigabyte = std::size_t{1} << 30;
  std::size_t sent = arrived.size();
  while (sent < 1'000'000) {
    const std::string bytes(10'000, 'x');
    std::string_view left = bytes;
    arrived = read(input, shared, left, kGigabyte);
    input.keep(arrived, 0);
    sent += bytes.size() - left.size();
    CHECK(input.capacity() <= 4 * sent + 2 * shared.size());
  }
}

TEST_CASE("reading towards a known end stops there, so that the buffer holds that message alone") {
  std::vector<char> shared(16);
  PartialInput input;
  std::string_view begin = "123456789012345";
  auto arrived = read(input, shared, begin);
  input.keep(arrived, 0);
  std::string stream(100, 'x');
  std::string_view rest = stream;
  while (input.size() < 40) {
    arrived = read(input, shared, rest, 40);
    input.keep(arrived, 0);
  }
  CHECK(input.size() == 40);
  CHECK(input.in_own_buffer());
  const auto taken = input.take();
  CHECK(taken.size() == 40);
  CHECK(input.empty());
}

TEST_CASE("the memory of a large message is let go with it") {
  std::vector<char> shared(1024);
  PartialInput input;
  const std::string stream(100'000, 'x');
  std::string_view rest = stream;
  while (!rest.empty()) {
    const auto arrived = read(input, shared, rest, stream.size());
    input.keep(arrived, rest.empty() ? arrived.size() : 0);
  }
  CHECK(input.empty());
  CHECK(input.capacity() <= 4096);
}
