#include "upstream/pipeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/feeding.h"
#include "support/reply_grammar.h"

using slotway::resp::ReplyFrame;
using slotway::test::for_each_way_to_arrive;
using slotway::test::Pieces;
using slotway::test::ReplyMaker;
using slotway::upstream::InFlight;
using slotway::upstream::Pipeline;
using slotway::upstream::PipelineFault;
using slotway::upstream::ReplySink;
using slotway::upstream::Ticket;

namespace {

struct Sink final : ReplySink {
  bool on_reply(const InFlight& entry, std::string_view request, const ReplyFrame& reply) override {
    replies.push_back(std::string(request) + " -> " + std::string(reply.bytes));
    tickets.push_back(static_cast<std::uint64_t>(entry.ticket));
    if (reply.buffer != nullptr) {
      CHECK(reply.buffer->view() == reply.bytes);
      ++with_buffer;
      if (takes_buffers) taken.push_back(std::move(*reply.buffer));
    }
    if (then) then();
    return accepts_replies;
  }
  bool on_early_reply(const InFlight&, std::string_view frame) override {
    replies.push_back("early " + std::string(frame));
    return accepts_replies;
  }
  bool on_push(std::string_view frame) override {
    replies.push_back("push " + std::string(frame));
    return accepts_pushes;
  }
  bool is_reply(const InFlight&, std::string_view) override { return false; }

  std::vector<std::string> replies;
  std::vector<std::uint64_t> tickets;
  std::vector<slotway::resp::ByteBuffer> taken;
  std::function<void()> then;
  int with_buffer = 0;
  bool accepts_replies = true;
  bool accepts_pushes = false;
  bool takes_buffers = false;
};

struct Conversation {
  void append(std::string_view request, std::uint64_t ticket = 1, std::uint32_t replies = 1) {
    const InFlight entry{.ticket = Ticket{ticket},
                         .size = static_cast<std::uint32_t>(request.size()),
                         .replies = replies};
    std::ranges::copy(request, pipeline.append(entry));
  }

  // What a connection does whose kernel takes everything.
  std::string write() {
    std::string written;
    while (pipeline.output().unsent_bytes() > 0) {
      std::array<std::string_view, 4> pieces;
      const std::size_t count = pipeline.output().gather(pieces);
      std::size_t size = 0;
      for (std::size_t i = 0; i < count; ++i) {
        written += pieces[i];
        size += pieces[i].size();
      }
      pipeline.output().mark_handed_over(size);
    }
    return written;
  }

  PipelineFault receive(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto room = pipeline.read_room(shared);
      const std::size_t size = std::min(room.size(), bytes.size());
      std::ranges::copy(bytes.substr(0, size), room.begin());
      const PipelineFault fault = pipeline.receive(size, sink);
      if (fault != PipelineFault::none) return fault;
      bytes.remove_prefix(size);
    }
    return PipelineFault::none;
  }

  PipelineFault receive(const Pieces& pieces) {
    for (const std::string_view piece : pieces) {
      if (const auto fault = receive(piece); fault != PipelineFault::none) return fault;
    }
    return PipelineFault::none;
  }

  std::vector<char> shared = std::vector<char>(1024);
  Pipeline pipeline;
  Sink sink;
};

}  // namespace

TEST_CASE("replies are paired with requests by their order, however they arrive") {
  const std::string replies = "+OK\r\n$3\r\nfoo\r\n*2\r\n:1\r\n$-1\r\n-ERR no\r\n";
  for_each_way_to_arrive(replies, [](const Pieces& pieces) {
    Conversation talk;
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) {
      talk.append("request " + std::to_string(ticket), ticket);
    }
    CHECK(talk.write() == "request 1request 2request 3request 4");
    REQUIRE(talk.receive(pieces) == PipelineFault::none);
    CHECK(talk.sink.tickets == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(talk.sink.replies ==
          std::vector<std::string>{"request 1 -> +OK\r\n", "request 2 -> $3\r\nfoo\r\n",
                                   "request 3 -> *2\r\n:1\r\n$-1\r\n", "request 4 -> -ERR no\r\n"});
    CHECK(talk.pipeline.queue().empty());
    CHECK(talk.pipeline.output().retained_bytes() == 0);
  });
}

TEST_CASE("a reply while nothing waits is a surplus") {
  Conversation talk;
  CHECK(talk.receive("+OK\r\n") == PipelineFault::surplus_reply);
  CHECK(talk.sink.replies.empty());
}

TEST_CASE("a reply after the last one that was waited for is a surplus") {
  for_each_way_to_arrive("+OK\r\n+OK\r\n", [](const Pieces& pieces) {
    Conversation talk;
    talk.append("GET a");
    talk.write();
    CHECK(talk.receive(pieces) == PipelineFault::surplus_reply);
    CHECK(talk.sink.replies.size() == 1);
  });
}

TEST_CASE("half a surplus reply is no fault until it is whole") {
  Conversation talk;
  CHECK(talk.receive("+O") == PipelineFault::none);
  CHECK(talk.receive("K\r") == PipelineFault::none);
  CHECK(talk.receive("\n") == PipelineFault::surplus_reply);
}

TEST_CASE("a reply to a request that has not left is a surplus") {
  Conversation talk;
  talk.append("GET a");
  CHECK(talk.receive("+OK\r\n") == PipelineFault::surplus_reply);

  Conversation half;
  half.append("GET a", 1);
  half.append("GET b", 2);
  half.pipeline.output().mark_handed_over(9);  // all of the first, a part of the second
  CHECK(half.receive("+OK\r\n") == PipelineFault::none);
  CHECK(half.receive("+OK\r\n") == PipelineFault::surplus_reply);
  CHECK(half.sink.tickets == std::vector<std::uint64_t>{1});
}

TEST_CASE("bytes that are no reply are a fault at once") {
  for (const std::string_view bytes :
       {"HTTP/1.1 200 OK\r\n", "\r\n", "$x\r\n", "+OK\rx", "*-2\r\n"}) {
    Conversation talk;
    talk.append("GET a");
    talk.write();
    CHECK(talk.receive(bytes) == PipelineFault::malformed_reply);
    CHECK(talk.sink.replies.empty());
  }
}

TEST_CASE("a reply its request cannot have is a fault, and the request stays unanswered") {
  Conversation talk;
  talk.append("GET a", 7);
  talk.append("GET b", 8);
  talk.write();
  talk.sink.accepts_replies = false;
  CHECK(talk.receive(":1\r\n:2\r\n") == PipelineFault::impossible_reply);
  CHECK(talk.sink.tickets == std::vector<std::uint64_t>{7});
  std::vector<std::uint64_t> unanswered;
  talk.pipeline.take_unanswered([&](const InFlight& entry, std::string_view, bool) {
    unanswered.push_back(static_cast<std::uint64_t>(entry.ticket));
  });
  CHECK(unanswered == std::vector<std::uint64_t>{7, 8});
}

TEST_CASE("a push is no reply, be it wanted or not") {
  Conversation talk;
  talk.append("GET a");
  talk.write();
  talk.sink.accepts_pushes = true;
  CHECK(talk.receive(">2\r\n+message\r\n+x\r\n+OK\r\n") == PipelineFault::none);
  CHECK(talk.sink.replies ==
        std::vector<std::string>{"push >2\r\n+message\r\n+x\r\n", "GET a -> +OK\r\n"});
  talk.sink.accepts_pushes = false;
  CHECK(talk.receive(">1\r\n+x\r\n") == PipelineFault::unexpected_push);
}

TEST_CASE("of several replies to one request the last one answers it") {
  Conversation talk;
  talk.append("MULTI..EXEC", 1, 3);
  talk.append("GET a", 2);
  talk.write();
  CHECK(talk.receive("+OK\r\n+QUEUED\r\n*1\r\n:1\r\n+a\r\n") == PipelineFault::none);
  CHECK(talk.sink.replies == std::vector<std::string>{"early +OK\r\n", "early +QUEUED\r\n",
                                                      "MULTI..EXEC -> *1\r\n:1\r\n",
                                                      "GET a -> +a\r\n"});
}

TEST_CASE("early replies that came before a connection ended are not counted on the next one") {
  Conversation talk;
  talk.append("MULTI..EXEC", 1, 3);
  talk.write();
  REQUIRE(talk.receive("+OK\r\n") == PipelineFault::none);
  talk.pipeline.take_unanswered([](const InFlight&, std::string_view, bool) {});
  talk.pipeline.clear();
  talk.sink.replies.clear();
  talk.append("MULTI..EXEC", 1, 3);
  talk.write();
  REQUIRE(talk.receive("+OK\r\n+QUEUED\r\n") == PipelineFault::none);
  CHECK(talk.sink.tickets.empty());
  REQUIRE(talk.receive("*0\r\n") == PipelineFault::none);
  CHECK(talk.sink.tickets == std::vector<std::uint64_t>{1});
}

TEST_CASE("a large reply comes in a buffer that may be kept, a small one does not") {
  for (const bool takes : {false, true}) {
    const std::string body(200'000, 'v');
    const std::string large = "$200000\r\n" + body + "\r\n";
    Conversation talk;
    talk.sink.takes_buffers = takes;
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) talk.append("GET", ticket);
    talk.write();
    REQUIRE(talk.receive("+small\r\n" + large + "+small\r\n" + large) == PipelineFault::none);
    CHECK(talk.sink.with_buffer == 2);
    REQUIRE(talk.sink.replies.size() == 4);
    CHECK(talk.sink.replies[1] == "GET -> " + large);
    CHECK(talk.sink.replies[2] == "GET -> +small\r\n");
    CHECK(talk.sink.replies[3] == "GET -> " + large);
    if (takes) {
      REQUIRE(talk.sink.taken.size() == 2);
      CHECK(talk.sink.taken[0].view() == large);
    }
  }
}

TEST_CASE("requests may be appended while a reply is being handed over") {
  Conversation talk;
  talk.append("first", 1);
  talk.write();
  std::uint64_t next = 2;
  talk.sink.then = [&] {
    // Enough to make the queue grow and to fill several chunks of output.
    for (int i = 0; i < 100; ++i) talk.append(std::string(1'000, 'x'), next++);
  };
  REQUIRE(talk.receive("+OK\r\n") == PipelineFault::none);
  talk.sink.then = nullptr;
  CHECK(talk.pipeline.queue().size() == 100);
  CHECK(talk.write() == std::string(100'000, 'x'));
  std::string replies;
  for (int i = 0; i < 100; ++i) replies += ":1\r\n";
  REQUIRE(talk.receive(replies) == PipelineFault::none);
  for (std::uint64_t ticket = 1; ticket <= 101; ++ticket) {
    CHECK(talk.sink.tickets[ticket - 1] == ticket);
  }
}

TEST_CASE("a lost connection reports each request once, and whether the node may have got it") {
  const std::vector<std::string> requests{"first", "second", "third"};
  const std::size_t total = 16;
  for (std::size_t written = 0; written <= total; ++written) {
    Conversation talk;
    for (std::uint64_t i = 0; i < requests.size(); ++i) talk.append(requests[i], i + 1);
    talk.pipeline.output().mark_handed_over(written);
    std::vector<std::string> seen;
    talk.pipeline.take_unanswered(
        [&](const InFlight& entry, std::string_view request, bool may_have_run) {
          const auto number = static_cast<std::size_t>(entry.ticket);
          CHECK(request == requests[number - 1]);
          std::size_t end = 0;
          for (std::size_t i = 0; i < number; ++i) end += requests[i].size();
          CHECK(may_have_run == (end <= written));
          seen.emplace_back(request);
        });
    CHECK(seen == requests);
    CHECK(talk.pipeline.queue().empty());
  }
}

TEST_CASE(
    "random conversations are paired rightly, whatever the replies are and how they are cut") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    ReplyMaker maker(seed);
    Conversation talk;
    std::vector<std::string> expected;
    std::string on_the_way;
    std::uint64_t next = 1;
    for (int step = 0; step < 60; ++step) {
      for (std::size_t count = maker.below(4); count > 0; --count) {
        const std::string request =
            "r" + std::to_string(next) + std::string(maker.below(3'000), '.');
        talk.append(request, next++);
        std::string reply = maker.reply();
        if (maker.below(20) == 0) reply = "$50000\r\n" + std::string(50'000, 'b') + "\r\n";
        expected.push_back(request + " -> " + reply);
        on_the_way += reply;
      }
      talk.write();
      const std::size_t size = maker.below(on_the_way.size() + 1);
      talk.sink.takes_buffers = maker.below(2) == 0;
      REQUIRE(talk.receive(std::string_view(on_the_way).substr(0, size)) == PipelineFault::none);
      on_the_way.erase(0, size);
    }
    REQUIRE(talk.receive(on_the_way) == PipelineFault::none);
    REQUIRE(talk.sink.replies == expected);
    CHECK(talk.pipeline.queue().empty());
    CHECK(talk.pipeline.output().retained_bytes() == 0);
  }
}
