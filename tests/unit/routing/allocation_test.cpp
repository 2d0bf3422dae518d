#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "routing/reply_merger.h"
#include "routing/split_plan.h"
#include "unit/routing/parsed_request.h"

namespace {

std::size_t allocations = 0;

}  // namespace

// Counts every allocation of this test program.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using slotway::routing::ParsedRequest;
using slotway::routing::ReplyMerger;
using slotway::routing::SplitPlan;
using slotway::routing::Splitter;

TEST_CASE("splitting and merging allocate nothing once they have served a request as large") {
  std::vector<std::string> arguments{"MGET"};
  for (int key = 0; key < 500; ++key) arguments.push_back("key:" + std::to_string(key));
  const ParsedRequest request{std::span<const std::string>(arguments)};
  const std::vector<std::uint32_t> positions = request.key_positions(1);

  Splitter splitter;
  ReplyMerger merger;
  std::string sent(100'000, '\0');
  std::string reply;
  reply.reserve(100'000);
  const auto serve = [&] {
    const SplitPlan& plan = splitter.plan(request.view(), positions, 1);
    merger.start_in_key_order(plan, "MGET");
    char* out = sent.data();
    for (std::size_t part = 0; part < plan.groups().size(); ++part) {
      out = slotway::routing::write_part(out, request.view(), plan, plan.groups()[part]);
    }
    for (std::size_t part = 0; part < plan.groups().size(); ++part) {
      static constexpr std::string_view kElements = "$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n$-1\r\n";
      char frame[64];
      const std::uint32_t keys = plan.groups()[part].keys;
      REQUIRE(keys <= 6);
      frame[0] = '*';
      frame[1] = static_cast<char>('0' + keys);
      frame[2] = '\r';
      frame[3] = '\n';
      kElements.copy(frame + 4, std::size_t{5} * keys);
      merger.add(part, std::string_view(frame, 4 + std::size_t{5} * keys));
    }
    reply.clear();
    merger.append_reply(reply);
  };
  serve();
  const std::string first = reply;
  REQUIRE(first.starts_with("*500\r\n"));
  const std::size_t before = allocations;
  serve();
  const std::size_t after = allocations;
  CHECK(after == before);
  CHECK(reply == first);
}
