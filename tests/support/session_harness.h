#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resp/encoder.h"
#include "session/client_session.h"
#include "support/manual_clock.h"
#include "support/scripted_transport.h"

namespace slotway::test {

/// Sessions without sockets: bytes in, bytes out, a clock that a test moves, and turns that a test
/// ends. What stands in for the dispatcher does what the requests say:
///
///     NOW text     answered at once: +text
///     LATER name   answered when the test says so: harness.answer("name", frame)
///     STALL name   cannot be taken up before the test says harness.allow("name"); then answered
///     like NOW DRAIN text   cannot be taken up while the session waits for other replies; then
///     answered like NOW SKIP         CLIENT REPLY SKIP PUSH text    answers +OK and sends a push
///     behind what is pending QUIT         answered with +OK, then the session closes
class SessionHarness final : public session::RequestHandler, public session::SessionObserver {
 public:
  explicit SessionHarness(const session::SessionLimits& limits = {},
                          std::size_t read_buffer_bytes = 4096)
      : read_buffer_(read_buffer_bytes),
        context_{.handler = *this,
                 .observer = *this,
                 .stats = stats_,
                 .clock = clock_,
                 .limits = limits,
                 .read_buffer = read_buffer_} {
    ManualClock::reset();
  }

  /// However a test ends: every session can be closed, and then nothing is pending.
  ~SessionHarness() {
    for (const auto& client : clients_) {
      if (client->session != nullptr) client->session->abort();
    }
    end_turn();
    finish_closing();
    expect(context_.requests.in_use() == 0, "no request is pending once all sessions are closed");
    for (const auto& client : clients_) {
      expect(client->session == nullptr, "an aborted session closes in the next turn");
    }
  }
  SessionHarness(const SessionHarness&) = delete;
  SessionHarness& operator=(const SessionHarness&) = delete;

  struct Client {
    std::shared_ptr<ScriptedPeer> peer;
    std::unique_ptr<session::ClientSession> session;  // null once closed
  };

  Client& connect() {
    clients_.push_back(std::make_unique<Client>());
    Client& client = *clients_.back();
    client.peer = std::make_shared<ScriptedPeer>();
    client.session = std::make_unique<session::ClientSession>(clients_.size(), context_);
    client.session->start(std::make_unique<ScriptedTransport>(client.peer, *client.session));
    return client;
  }

  /// The end of a loop turn, as the worker has it.
  void end_turn() {
    go_on_and_write();
    if (!resumed_.empty()) go_on_and_write();
    clock_.end_turn();
  }

  /// A whole turn: what the peers have sent is read, what the kernel has room for is written.
  void turn() {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i]->peer->deliver_all();
      run_kernel(*clients_[i]->peer);
    }
    end_turn();
  }

  void finish_closing() {
    for (std::size_t i = 0; i < clients_.size(); ++i) clients_[i]->peer->finish_close();
  }

  /// Answers a LATER request. False if its session has gone.
  bool answer(const std::string& name, std::string_view frame) {
    return answer_with(name, {frame, nullptr});
  }
  /// The same with a buffer that the session may take.
  bool answer_with_buffer(const std::string& name, std::string_view frame) {
    resp::ByteBuffer buffer(frame.size());
    buffer.append(frame);
    return answer_with(name, {buffer.view(), &buffer});
  }
  void allow(const std::string& name) {
    allowed_.push_back(name);
    if (const auto stalled = stalled_.find(name); stalled != stalled_.end()) {
      session::ClientSession* session = stalled->second;
      stalled_.erase(stalled);
      session->resume(session::Pause::route);
    }
  }

  session::Verdict handle(session::ClientSession& session,
                          const resp::RequestView& request) override {
    const std::string_view command = request[0];
    const std::string text(request.size() > 1 ? request[1] : "");
    if (command == "NOW") return reply(session, "+" + text + "\r\n");
    if (command == "LATER") {
      waiting_.emplace(text, session.open_request().handle());
      return session::Verdict::accepted;
    }
    if (command == "STALL") {
      ++offers_[text];
      if (std::ranges::find(allowed_, text) == allowed_.end()) {
        stalled_[text] = &session;
        return session::Verdict::stalled;
      }
      return reply(session, "+" + text + "\r\n");
    }
    if (command == "DRAIN") {
      if (session.waiting() > 0) return session::Verdict::stalled;
      return reply(session, "+" + text + "\r\n");
    }
    if (command == "SKIP") {
      session.set_reply_mode(session::ReplyMode::skip_next);
      return session::Verdict::accepted;
    }
    if (command == "PUSH") {
      session.push_when_answered(">1\r\n+" + text + "\r\n");
      return reply(session, "+OK\r\n");
    }
    if (command == "QUIT") {
      (void)reply(session, "+OK\r\n");
      session.close_when_answered();
      return session::Verdict::accepted;
    }
    return reply(session, "-ERR unknown command\r\n");
  }

  void on_all_answered(session::ClientSession& session) override {
    ++all_answered_;
    if (!std::ranges::any_of(stalled_, [&](const auto& each) { return each.second == &session; })) {
      session.resume(session::Pause::route);
    }
  }

  void wants_flush(session::ClientSession& session) override {
    expect(std::ranges::find(dirty_, &session) == dirty_.end(), "one flush is asked for in a turn");
    dirty_.push_back(&session);
  }
  void wants_resume(session::ClientSession& session) override {
    expect(std::ranges::find(resumed_, &session) == resumed_.end(),
           "one resume is asked for in a turn");
    resumed_.push_back(&session);
  }
  void on_session_closed(session::ClientSession& session) override {
    std::erase(dirty_, &session);
    std::erase(resumed_, &session);
    std::erase_if(stalled_, [&](const auto& each) { return each.second == &session; });
    for (const auto& client : clients_) {
      if (client->session.get() == &session) client->session.reset();
    }
  }

  [[nodiscard]] session::SessionContext& context() noexcept { return context_; }
  [[nodiscard]] stats::WorkerStats& stats() noexcept { return stats_; }
  [[nodiscard]] int offers(const std::string& name) { return offers_[name]; }
  [[nodiscard]] int all_answered() const noexcept { return all_answered_; }
  /// True if a LATER request has been taken up and not been answered.
  [[nodiscard]] bool is_waiting(const std::string& name) const { return waiting_.contains(name); }

 private:
  void go_on_and_write() {
    for (std::size_t i = 0; i < resumed_.size(); ++i) resumed_[i]->resume_now();
    resumed_.clear();
    for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i]->flush();
    dirty_.clear();
  }

  static session::Verdict reply(session::ClientSession& session, std::string_view frame) {
    session.reply(frame);
    return session::Verdict::accepted;
  }

  bool answer_with(const std::string& name, const resp::ReplyFrame& frame) {
    const auto found = waiting_.find(name);
    expect(found != waiting_.end(), "answer to a request that was not taken up");
    const session::RequestHandle handle = found->second;
    waiting_.erase(found);
    session::PendingRequest* pending = context_.requests.find(handle);
    if (pending == nullptr) return false;
    pending->session->answer(*pending, frame);
    return true;
  }

  stats::WorkerStats stats_;
  stats::TurnClock clock_{ManualClock::now_ns};
  std::vector<char> read_buffer_;
  session::SessionContext context_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<session::ClientSession*> dirty_;
  std::vector<session::ClientSession*> resumed_;
  std::map<std::string, session::RequestHandle> waiting_;
  std::map<std::string, session::ClientSession*> stalled_;
  std::vector<std::string> allowed_;
  std::map<std::string, int> offers_;
  int all_answered_ = 0;
};

}  // namespace slotway::test
