#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>

#include "server/work.h"
#include "upstream/connection.h"

namespace slotway::server {

class PrivateWorks;

/// How a client that blocks may be freed by another one (CLIENT UNBLOCK).
enum class Unblock : std::uint8_t {
  as_timed_out,  ///< it gets what it would get at the end of its time
  with_error,
};

/// A work that speaks to nodes over connections of its client's own (upstream::Purpose::own), where
/// nothing is redirected, repeated or ended for it: what a node says and how a connection ends is
/// told to it as it is, and it keeps its own time. The client's next request is not taken up before
/// it is done.
class PrivateWork : public Work {
 public:
  explicit PrivateWork(PrivateWorks& works);
  ~PrivateWork() override;
  PrivateWork(const PrivateWork&) = delete;
  PrivateWork& operator=(const PrivateWork&) = delete;

  [[nodiscard]] bool has_deadline() const noexcept final { return false; }

  /// The last reply to a message that was sent as this part.
  virtual void on_own_reply(WorkContext& context, std::uint16_t part,
                            const resp::ReplyFrame& reply) = 0;
  /// The connection ended before that. `may_have_run` is false if the node certainly has not got
  /// all of it.
  virtual void on_own_lost(WorkContext& context, std::uint16_t part,
                           const upstream::Connection& connection, bool may_have_run) = 0;
  /// Called about every 50 ms. May answer the request, which ends the work.
  virtual void tick(std::uint64_t now_ns) = 0;

  /// True for what Redis calls a blocked client: it waits by its own choice.
  [[nodiscard]] virtual bool blocks() const noexcept { return false; }
  /// Frees the client; `done` is told whether it was this that freed it. May answer the request at
  /// once, which ends the work. Only for a work that blocks.
  using UnblockDone = std::function<void(bool unblocked)>;
  virtual void unblock(Unblock how, UnblockDone done);

  // Parts that go over shared connections; most private works have none.
  void on_reply(WorkContext&, std::uint16_t, const resp::ReplyFrame&) override {}
  void on_failure(WorkContext&, std::uint16_t, std::string_view) override {}

 protected:
  /// To be called once, when the request has been opened.
  void belongs_to(const session::PendingRequest& pending);
  [[nodiscard]] session::RequestHandle handle() const noexcept { return handle_; }

 private:
  friend class PrivateWorks;

  PrivateWorks& works_;
  session::RequestHandle handle_;
  std::size_t position_ = std::numeric_limits<std::size_t>::max();  // in the list of works
  bool counted_as_blocked_ = false;
  bool told_to_drain_ = false;
};

}  // namespace slotway::server
