#include "admin/http_server.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <limits>
#include <list>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "unit/admin/http_client.h"

namespace slotway::admin {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kBigBody = 8UL * 1024 * 1024;  // more than any socket buffer takes

std::vector<HttpRoute> test_routes() {
  return {
      {.path = "/hello",
       .summary = "says hello",
       .handler =
           [](const HttpRequest& request) {
             return HttpResponse{.body = "hello " + std::string(request.query) + "\n"};
           }},
      {.path = "/big",
       .summary = "many bytes",
       .handler =
           [](const HttpRequest&) { return HttpResponse{.body = std::string(kBigBody, 'x')}; }},
      {.path = "/broken",
       .summary = "throws",
       .handler = [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("no luck"); }},
  };
}

// Short limits, so that the tests of slow clients are quick ones.
constexpr HttpLimits kImpatient{.max_request_bytes = 1024,
                                .request_timeout = milliseconds(300),
                                .response_timeout = milliseconds(300),
                                .linger_timeout = milliseconds(200),
                                .max_linger_bytes = 65536};

std::unique_ptr<HttpServer> start_server(const HttpLimits& limits = {},
                                         const std::string& address = "127.0.0.1:0") {
  auto server = HttpServer::start(address, test_routes(), limits);
  if (!server) FAIL(server.error());
  return std::move(*server);
}

milliseconds time_to_answer(const std::string& endpoint) {
  const auto before = steady_clock::now();
  CHECK(ask(endpoint, "/hello").status == 200);
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - before);
}

std::size_t open_descriptors() {
  std::size_t open = 0;
  for (int fd = 0; fd < 4096; ++fd) open += ::fcntl(fd, F_GETFD) != -1 ? 1 : 0;
  return open;
}

}  // namespace

TEST_CASE("GET gets the page, its query reaches the handler, and the connection ends") {
  const auto server = start_server();
  HttpClient client(server->bound_endpoint());
  REQUIRE(client.send("GET /hello?world HTTP/1.1\r\nHost: x\r\n\r\n"));
  const HttpReply reply = parse_reply(client.receive_all());
  CHECK(client.was_closed());
  CHECK(reply.status == 200);
  CHECK(reply.body == "hello world\n");
  CHECK(reply.header("Content-Length") == "12");
  CHECK(reply.header("Connection") == "close");
  CHECK(reply.header("Cache-Control") == "no-store");
  CHECK(reply.header("X-Content-Type-Options") == "nosniff");
}

TEST_CASE("HEAD gets the header of GET and no body") {
  const auto server = start_server();
  const HttpReply reply = ask(server->bound_endpoint(), "/hello", "HEAD");
  CHECK(reply.status == 200);
  CHECK(reply.header("Content-Length") == "7");
  CHECK(reply.body.empty());
}

TEST_CASE("other methods are 405 and say which there are, with or without a body") {
  const auto server = start_server();
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"}) {
    CAPTURE(method);
    const HttpReply reply = ask(server->bound_endpoint(), "/hello", method);
    CHECK(reply.status == 405);
    CHECK(reply.header("Allow") == "GET, HEAD");
  }
  HttpClient client(server->bound_endpoint());
  client.send("POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n" +
              std::string(30000, 'b'));
  CHECK(parse_reply(client.receive_all()).status == 405);
  CHECK_FALSE(client.was_reset());  // the unread body must not turn the end into a reset
  CHECK(ask(server->bound_endpoint(), "*", "OPTIONS").status == 405);
}

TEST_CASE("an unknown path is 404 and lists what there is") {
  const auto server = start_server();
  const HttpReply reply = ask(server->bound_endpoint(), "/metrix");
  CHECK(reply.status == 404);
  CHECK(reply.body ==
        "There is nothing here. This port serves:\n"
        "  /hello     says hello\n"
        "  /big       many bytes\n"
        "  /broken    throws\n");
  CHECK(ask(server->bound_endpoint(), "/hello/../hello").status == 404);
}

TEST_CASE("a handler that throws costs its response and nothing else") {
  const auto server = start_server();
  const HttpReply reply = ask(server->bound_endpoint(), "/broken");
  CHECK(reply.status == 500);
  CHECK(reply.body == "This page failed: no luck.\n");
  CHECK(ask(server->bound_endpoint(), "/hello").status == 200);
}

TEST_CASE("a request may arrive byte by byte") {
  const auto server = start_server();
  HttpClient client(server->bound_endpoint());
  for (const char byte : std::string("GET /hello HTTP/1.0\r\n\r\n")) {
    REQUIRE(client.send(std::string(1, byte)));
    std::this_thread::sleep_for(milliseconds(1));
  }
  CHECK(parse_reply(client.receive_all()).status == 200);
}

TEST_CASE("a big response arrives whole") {
  const auto server = start_server();
  const HttpReply reply = ask(server->bound_endpoint(), "/big");
  CHECK(reply.status == 200);
  CHECK(reply.body.size() == kBigBody);
}

TEST_CASE("garbage is answered with 400 at once, and too long a header with 431") {
  const auto server = start_server(kImpatient);
  const std::vector<std::pair<std::string, int>> cases{
      {"\x16\x03\x01\x02\x01\xfc\x03\x03", 400},
      {"*1\r\n$4\r\nPING\r\n", 400},
      {std::string(100000, '\0'), 400},
      {"GET / HTTP/9.9\r\n\r\n", 505},
      {"GET /" + std::string(100000, 'a'), 431},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nA: " + std::string(100000, 'a'), 431},
      {std::string(100000, '\n'), 431},
  };
  for (const auto& [bytes, status] : cases) {
    CAPTURE(bytes.substr(0, 20));
    const auto before = steady_clock::now();
    HttpClient client(server->bound_endpoint());
    client.send(bytes);
    const std::string reply = client.receive_all();
    // A client that sent more than the server cares to throw away may get a reset in place of the
    // end.
    if (bytes.size() <= kImpatient.max_linger_bytes || !reply.empty()) {
      CHECK(parse_reply(reply).status == status);
    }
    CHECK(client.was_closed());
    CHECK(steady_clock::now() - before < kImpatient.request_timeout);
    CHECK(ask(server->bound_endpoint(), "/hello").status == 200);
  }
}

TEST_CASE("a client that never finishes its request gets 408, a silent one just the end") {
  const auto server = start_server(kImpatient);
  HttpClient unfinished(server->bound_endpoint());
  HttpClient silent(server->bound_endpoint());
  unfinished.send("GET /hello HTT");
  CHECK(parse_reply(unfinished.receive_all()).status == 408);
  CHECK(silent.receive_all().empty());
  CHECK(silent.was_closed());
}

TEST_CASE("a trickle of bytes does not move the deadline") {
  const auto server = start_server(kImpatient);
  HttpClient client(server->bound_endpoint());
  const auto before = steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\n");
  std::string reply;
  while (reply.empty() && steady_clock::now() - before < std::chrono::seconds(5)) {
    client.send("A: b\r\n");
    reply = client.receive_all(milliseconds(20));
  }
  CHECK(parse_reply(reply).status == 408);
  CHECK(steady_clock::now() - before < kImpatient.request_timeout * 2);
}

TEST_CASE("clients that do not read are cut at their deadline and hold up nobody meanwhile") {
  HttpLimits limits;
  limits.response_timeout = milliseconds(1000);
  const auto server = start_server(limits);
  std::list<HttpClient> slow;
  for (int number = 0; number < 4; ++number) {
    HttpClient& client = slow.emplace_back(server->bound_endpoint(), 4096);
    REQUIRE(client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  CHECK(time_to_answer(server->bound_endpoint()) < limits.response_timeout);
  std::this_thread::sleep_for(limits.response_timeout + milliseconds(300));
  for (HttpClient& client : slow) {
    CHECK(client.receive_all().size() < kBigBody);
    CHECK(client.was_closed());
  }
}

TEST_CASE("a client that goes on sending after its response is cut, by bytes and by time") {
  HttpLimits few_bytes;
  few_bytes.linger_timeout = std::chrono::minutes(1);
  HttpLimits short_time;
  short_time.linger_timeout = milliseconds(200);
  short_time.max_linger_bytes = std::numeric_limits<std::size_t>::max();
  for (const HttpLimits& limits : {few_bytes, short_time}) {
    const auto server = start_server(limits);
    HttpClient client(server->bound_endpoint());
    REQUIRE(client.send("GET /hello HTTP/1.0\r\n\r\n"));
    const auto before = steady_clock::now();
    while (client.send(std::string(4096, 'x'))) {
      if (steady_clock::now() - before > std::chrono::seconds(5)) FAIL("was never cut");
    }
    CHECK(ask(server->bound_endpoint(), "/hello").status == 200);
  }
}

TEST_CASE("more silent clients than there are places do not keep a probe out") {
  const auto server = start_server();  // the real timeouts: seconds
  std::list<HttpClient> silent;
  for (std::size_t number = 0; number < 3 * HttpServer::kMaxConnections; ++number) {
    silent.emplace_back(server->bound_endpoint());
    REQUIRE(silent.back().is_connected());
  }
  CHECK(time_to_answer(server->bound_endpoint()) < std::chrono::seconds(1));
  // The oldest had to make room; the youngest still has its place and its time.
  CHECK(silent.front().receive_all(milliseconds(1000)).empty());
  CHECK(silent.front().was_closed());
  silent.back().send("GET /hello HTTP/1.0\r\n\r\n");
  CHECK(parse_reply(silent.back().receive_all()).status == 200);
}

TEST_CASE("without a free descriptor accepting pauses and then goes on by itself") {
  const auto server = start_server();
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int lowest_free = FileDescriptor(::dup(0)).get();
  const rlimit tight{.rlim_cur = static_cast<rlim_t>(lowest_free) + 1, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  // The client's own socket takes the last descriptor, so there is none left to accept it with.
  HttpClient starved(server->bound_endpoint());
  const bool was_connected = starved.is_connected();
  starved.send("GET /hello HTTP/1.0\r\n\r\n");
  const std::clock_t cpu_before = std::clock();
  const std::string nothing = starved.receive_all(milliseconds(250));
  const double cpu_spent = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(was_connected);
  CHECK(nothing.empty());
  CHECK_FALSE(starved.was_closed());
  CHECK(cpu_spent < 0.1);  // a loop that tried again and again would have spent all of 0.25 s
  CHECK(parse_reply(starved.receive_all()).status == 200);
}

TEST_CASE("a taken port is an error, not a second server") {
  const auto server = start_server();
  const auto second = HttpServer::start(server->bound_endpoint(), test_routes());
  REQUIRE_FALSE(second);
  CHECK(second.error().starts_with("cannot serve admin requests on " + server->bound_endpoint() +
                                   ": the port is already in use"));
  CHECK(ask(server->bound_endpoint(), "/hello").status == 200);
}

TEST_CASE("IPv6 is served in brackets") {
  std::ifstream interfaces("/proc/net/if_inet6");
  std::stringstream addresses;
  addresses << interfaces.rdbuf();
  if (!addresses.str().starts_with("00000000000000000000000000000001") &&
      addresses.str().find("\n00000000000000000000000000000001") == std::string::npos) {
    MESSAGE("this machine has no ::1; not run");
    return;
  }
  const auto server = start_server({}, "[::1]:0");
  CHECK(server->bound_endpoint().starts_with("[::1]:"));
  CHECK(ask(server->bound_endpoint(), "/hello").body == "hello \n");

  const auto both = start_server({}, "[::]:0");
  const std::string port = both->bound_endpoint().substr(both->bound_endpoint().rfind(':'));
  CHECK(ask("[::1]" + port, "/hello").status == 200);
  CHECK(ask("127.0.0.1" + port, "/hello").status == 200);
}

TEST_CASE("stopping is prompt, leaves nothing open and frees the port") {
  const std::size_t before = open_descriptors();
  std::string endpoint;
  {
    const auto server = start_server();
    endpoint = server->bound_endpoint();
    HttpClient idle(endpoint);
    HttpClient slow(endpoint, 4096);
    slow.send("GET /big HTTP/1.0\r\n\r\n");
    const auto start = steady_clock::now();
    server->stop();
    server->stop();
    CHECK(steady_clock::now() - start < milliseconds(500));
    CHECK_FALSE(HttpClient(endpoint).is_connected());
  }
  CHECK(open_descriptors() == before);
  CHECK(start_server({}, endpoint)->bound_endpoint() == endpoint);
}

TEST_CASE("the admin thread takes no signals") {
  static std::atomic<bool> on_this_thread;
  static std::atomic<bool> was_called;
  static thread_local bool is_this_thread = false;
  const auto server = start_server();
  is_this_thread = true;
  struct sigaction action{};
  struct sigaction old_action{};
  action.sa_handler = [](int) {
    was_called = true;
    on_this_thread = is_this_thread;
  };
  ::sigaction(SIGUSR1, &action, &old_action);
  sigset_t usr1;
  sigset_t mask;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  // Blocked here, the signal would go to any other thread that lets it in: there must be none.
  ::pthread_sigmask(SIG_BLOCK, &usr1, &mask);
  ::kill(::getpid(), SIGUSR1);
  std::this_thread::sleep_for(milliseconds(50));
  CHECK_FALSE(was_called);
  ::pthread_sigmask(SIG_SETMASK, &mask, nullptr);
  CHECK(was_called);
  CHECK(on_this_thread);
  ::sigaction(SIGUSR1, &old_action, nullptr);
}

}  // namespace slotway::admin
