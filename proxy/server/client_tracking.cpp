#include "server/client_tracking.h"

#include <utility>

#include "cluster/slot.h"
#include "command/key_extractor.h"
#include "resp/reply_writer.h"
#include "server/client_facts.h"
#include "server/client_state.h"
#include "server/dispatcher.h"
#include "server/tracking_hub.h"

namespace slotway::server {

namespace {

// Scripts and functions may read what they name, even those that are no reads themselves.
bool may_read_keys(const command::Command& command) noexcept {
  if (command.has(command::Flag::pubsub)) return false;  // their keys are channels
  return command.has(command::Flag::readonly) || command.name.starts_with("eval") ||
         command.name.starts_with("fcall");
}

OwnedInvalidation own(const Invalidation& invalidation) {
  OwnedInvalidation owned{.all = invalidation.all};
  owned.keys.assign(invalidation.keys.begin(), invalidation.keys.end());
  return owned;
}

/// Stands in a client's line of requests until its earlier ones are answered: then another client
/// is told for it.
class RedirectedInvalidation final : public session::RequestWork {
 public:
  RedirectedInvalidation(TrackingHub& hub, const TrackingOptions& options, std::size_t worker,
                         std::uint64_t source, const Invalidation& invalidation)
      : hub_(hub),
        target_(options.redirect),
        worker_(worker),
        source_(source),
        invalidation_(std::make_shared<const OwnedInvalidation>(own(invalidation))) {}
  ~RedirectedInvalidation() override {
    hub_.send_redirected(target_, worker_, source_, std::move(invalidation_));
  }

 private:
  TrackingHub& hub_;
  const std::uint64_t target_;
  const std::size_t worker_;
  const std::uint64_t source_;
  std::shared_ptr<const OwnedInvalidation> invalidation_;
};

}  // namespace

ClientTracking::ClientTracking(TrackingHub& hub, session::ClientSession& session,
                               TrackingOptions options, std::size_t redirect_worker)
    : hub_(hub),
      session_(session),
      options_(std::move(options)),
      redirect_worker_(redirect_worker) {
  hub_.add(*this);
}

ClientTracking::~ClientTracking() { hub_.remove(*this); }

void ClientTracking::change(TrackingOptions options, std::size_t redirect_worker) {
  options_ = std::move(options);
  redirect_worker_ = redirect_worker;
  redirect_is_broken_ = false;
}

// --- What it reads -------------------------------------------------------------------------------

bool ClientTracking::is_remembered(const Call& call) const noexcept {
  if (options_.broadcast || !may_read_keys(call.command)) return false;
  if (options_.opt_in) return caching_given_;
  return !(options_.opt_out && caching_given_);
}

// A transaction reads when EXEC is sent: what changes before that is no news for the client.
void ClientTracking::before(const Call& call, bool in_transaction) {
  last_was_exec_ = call.command.name == "exec";
  if (in_transaction && last_was_exec_) {
    for (const std::string& key : transaction_keys_) hub_.remember(key, *this);
    return;
  }
  if (!in_transaction) transaction_keys_.clear();
  if (!is_remembered(call)) return;
  std::vector<std::uint32_t>& positions = hub_.scratch_positions();
  if (command::extract_keys(call.command, call.request, positions) != command::KeyResult::found) {
    return;
  }
  for (const std::uint32_t position : positions) {
    if (in_transaction) {
      transaction_keys_.emplace_back(call.request[position]);
    } else {
      hub_.remember(call.request[position], *this);
    }
  }
}

// As resetClient (networking.c): CLIENT CACHING holds for the next command or transaction.
void ClientTracking::after(const Call& call, bool in_transaction) {
  if (!in_transaction && !call.command.name.starts_with("client|")) caching_given_ = false;
}

std::string_view ClientTracking::set_caching(bool yes) noexcept {
  if (yes && !options_.opt_in) {
    return "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
  }
  if (!yes && !options_.opt_out) {
    return "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";
  }
  caching_given_ = true;
  return {};
}

// --- What it is told -----------------------------------------------------------------------------

void ClientTracking::tell(const Invalidation& invalidation) {
  // RESP2 has no way to say it in between.
  if (options_.redirect == 0 && session_.protocol != 3) return;
  if (invalidation.all) {
    hub_.stats().tracking_flushes.add();
  } else {
    hub_.stats().tracking_invalidations.add(invalidation.keys.size());
  }
  if (options_.redirect == 0) {
    tell_itself(invalidation);
  } else if (redirect_is_broken_) {
    redirect_is_broken();
  } else {
    auto redirected = std::make_unique<RedirectedInvalidation>(hub_, options_, redirect_worker_,
                                                               id(), invalidation);
    if (!only_blocks()) session_.end_when_answered(std::move(redirected));
  }
}

// A client that blocks has nothing else pending, and can only be given what has changed since. Not
// so with EXEC of watched keys, which waits in the same way.
bool ClientTracking::only_blocks() const noexcept {
  return session_.paused_for(session::Pause::blocked) && !last_was_exec_;
}

void ClientTracking::tell_itself(const Invalidation& invalidation) {
  const std::string push = invalidation_push(invalidation);
  if (only_blocks()) {
    session_.push(push);
  } else {
    session_.push_when_answered(push);
  }
  if (ClientState* state = ClientState::find(session_); state->subscriber != nullptr) {
    state->subscriber->limit_output();
  }
}

void ClientTracking::redirect_is_broken() {
  redirect_is_broken_ = true;
  if (session_.protocol != 3) return;
  resp::ReplyWriter push(3);
  push.push(2).bulk("tracking-redir-broken").integer(static_cast<std::int64_t>(options_.redirect));
  session_.push(push.bytes());
}

// --- What it shows -------------------------------------------------------------------------------

std::vector<std::string_view> ClientTracking::flags() const {
  std::vector<std::string_view> words{"on"};
  if (options_.broadcast) words.emplace_back("bcast");
  if (options_.opt_in) {
    words.emplace_back("optin");
    if (caching_given_) words.emplace_back("caching-yes");
  }
  if (options_.opt_out) {
    words.emplace_back("optout");
    if (caching_given_) words.emplace_back("caching-no");
  }
  if (options_.no_loop) words.emplace_back("noloop");
  if (redirect_is_broken_) words.emplace_back("broken_redirect");
  return words;
}

void ClientTracking::describe(ClientFacts& facts) const {
  facts.set(ClientFlag::tracking);
  if (redirect_is_broken_) facts.set(ClientFlag::lost_redirect);
  if (options_.broadcast) facts.set(ClientFlag::broadcasting);
  facts.redirect = static_cast<std::int64_t>(options_.redirect);
}

}  // namespace slotway::server
