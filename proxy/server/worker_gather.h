#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/dispatcher.h"
#include "server/handler.h"
#include "server/worker_peers.h"

namespace slotway::server {

/// What a gathering request has got so far. Ends with the request: answers that come after its
/// client has left or its deadline has passed find nothing to be added to.
template <typename Answer>
class GatherWork final : public session::RequestWork {
 public:
  /// Makes the client's reply of all answers, in no particular order but the own worker's first.
  using Combine = std::function<std::string(std::vector<Answer> answers)>;

  GatherWork(Combine combine, Answer own) : combine_(std::move(combine)) {
    answers_.push_back(std::move(own));
  }

  void expect_one_more() noexcept { ++expected_; }
  void add(Answer answer) { answers_.push_back(std::move(answer)); }
  [[nodiscard]] bool complete() const noexcept { return answers_.size() == expected_; }
  /// REQUIRES: complete(). Once only.
  [[nodiscard]] std::string combined() { return combine_(std::move(answers_)); }

 private:
  Combine combine_;
  std::vector<Answer> answers_;
  std::size_t expected_ = 1;
};

/// Puts one question to every worker and answers the client with what `combine` makes of the
/// answers.
///
/// The own worker answers before anything else of the client's is taken up, so that CLIENT LIST
/// does not show what the client sends after it; with one worker the reply is there at once. The
/// question runs on each worker's thread: it must own what it captures. `combine` runs on the own
/// worker's thread, at once or later, and only while the client still waits; it may capture the
/// client's session and protocol, since a protocol changes only when nothing waits.
template <typename Answer, typename Question, typename Combine>
session::Verdict ask_all_workers(const Call& call, const Question& question, Combine combine) {
  Dispatcher& dispatcher = call.dispatcher;
  WorkerPeers& peers = dispatcher.peers();
  auto gathered = std::make_unique<GatherWork<Answer>>(std::move(combine), question(dispatcher));
  if (peers.worker_count() == 1) return dispatcher.reply(call, gathered->combined());

  GatherWork<Answer>& work = *gathered;
  session::PendingRequest& pending = dispatcher.open_for_later(call, std::move(gathered));
  const session::RequestHandle handle = pending.handle();
  const std::size_t asker = peers.worker_index();
  for (std::size_t worker = 0; worker < peers.worker_count(); ++worker) {
    if (worker == asker) continue;
    const bool sent = peers.post(worker, [question, handle, asker](Dispatcher& there) {
      auto answer = std::make_shared<Answer>(question(there));  // an errand must be copyable
      there.peers().post(asker, [handle, answer](Dispatcher& here) {
        session::PendingRequest* waiting = here.find_pending(handle);
        if (waiting == nullptr) return;
        auto& asking = static_cast<GatherWork<Answer>&>(*waiting->work);
        asking.add(std::move(*answer));
        if (asking.complete()) here.answer(*waiting, asking.combined());
      });
    });
    if (sent) work.expect_one_more();
  }
  if (work.complete()) dispatcher.answer(pending, work.combined());  // the others have ended
  return session::Verdict::accepted;
}

}  // namespace slotway::server
