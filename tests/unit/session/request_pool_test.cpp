#include "session/request_pool.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

using slotway::resp::ByteBuffer;
using slotway::resp::ReplyFrame;
using slotway::session::ParkedReply;
using slotway::session::PendingRequest;
using slotway::session::RequestHandle;
using slotway::session::RequestPool;
using slotway::session::RequestWork;

TEST_CASE("a handle finds its request as long as that very request is pending") {
  RequestPool pool;
  PendingRequest& first = pool.take();
  const RequestHandle handle = first.handle();
  CHECK(pool.find(handle) == &first);
  CHECK(pool.in_use() == 1);
  pool.give_back(first);
  CHECK(pool.find(handle) == nullptr);
  CHECK(pool.in_use() == 0);

  PendingRequest& second = pool.take();
  REQUIRE(&second == &first);  // the same place, another request
  CHECK(pool.find(handle) == nullptr);
  CHECK(pool.find(second.handle()) == &second);
  pool.give_back(second);
}

TEST_CASE("no handle of a request is nobody's, and none finds a place that does not exist") {
  RequestPool pool;
  CHECK(pool.find(RequestHandle{0, 1}) == nullptr);
  CHECK(pool.find(RequestHandle{}) == nullptr);
  PendingRequest& request = pool.take();
  CHECK_FALSE(request.handle() == RequestHandle{});
  CHECK(pool.find(RequestHandle{}) == nullptr);
  CHECK(pool.find(RequestHandle{0xffff'ffff, 1}) == nullptr);
  pool.give_back(request);
}

TEST_CASE("a generation that comes around leaves out zero") {
  RequestPool pool;
  PendingRequest& request = pool.take();
  request.generation = 0xffff'ffff;
  pool.give_back(request);
  CHECK(pool.take().generation == 1);
  pool.give_back(request);
}

TEST_CASE("work ends with its request") {
  struct Work final : RequestWork {
    explicit Work(bool& flag) : ended(flag) {}
    ~Work() override { ended = true; }
    bool& ended;
  };
  RequestPool pool;
  bool ended = false;
  PendingRequest& request = pool.take();
  request.work = std::make_unique<Work>(ended);
  CHECK_FALSE(ended);
  pool.give_back(request);
  CHECK(ended);
}

TEST_CASE("thousands of requests never share a place, and no old handle finds a new one") {
  std::mt19937 random(59);
  RequestPool pool;
  std::vector<PendingRequest*> pending;
  std::vector<RequestHandle> over;
  for (int step = 0; step < 50'000; ++step) {
    if (pending.empty() || random() % 100 < 51) {
      PendingRequest& request = pool.take();
      REQUIRE(request.state == PendingRequest::State::waiting);
      pending.push_back(&request);
    } else {
      const std::size_t place = random() % pending.size();
      over.push_back(pending[place]->handle());
      pool.give_back(*pending[place]);
      pending[place] = pending.back();
      pending.pop_back();
    }
    REQUIRE(pool.in_use() == pending.size());
  }
  CHECK(std::set<PendingRequest*>(pending.begin(), pending.end()).size() == pending.size());
  for (const PendingRequest* request : pending) CHECK(pool.find(request->handle()) == request);
  for (const RequestHandle handle : over) CHECK(pool.find(handle) == nullptr);
  for (PendingRequest* request : pending) pool.give_back(*request);
}

TEST_CASE("a parked reply comes back as it was, whatever its size") {
  ParkedReply parked;
  for (const std::size_t size : {0U, 1U, 115U, 116U, 117U, 1'000U, 100'000U, 5U}) {
    const std::string bytes(size, 'r');
    parked.keep(ReplyFrame{bytes, nullptr});
    CHECK(parked.frame().bytes == bytes);
    CHECK(parked.heap_bytes() >= (size > 116 ? size : 0));
    parked.clear();
    CHECK(parked.heap_bytes() == 0);
  }
}

TEST_CASE("a large reply is parked in the buffer it came in") {
  ByteBuffer buffer;
  buffer.append(std::string(50'000, 'r'));
  const char* const place = buffer.view().data();
  ParkedReply parked;
  parked.keep(ReplyFrame{buffer.view(), &buffer});
  CHECK(parked.frame().bytes.data() == place);
  CHECK(parked.frame().buffer != nullptr);
}
