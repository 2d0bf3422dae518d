#pragma once

#include "routing/reply_merger.h"
#include "server/work.h"

namespace slotway::server {

/// Parts that were all sent at the start and whose replies a ReplyMerger makes into one.
class MergeWork final : public Work {
 public:
  [[nodiscard]] bool sends_other_commands() const noexcept override { return false; }

  /// To be started before the parts are sent.
  [[nodiscard]] routing::ReplyMerger& merger() noexcept { return merger_; }

  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) override {
    merger_.add(part, reply.bytes);
    finish_if_complete(context);
  }
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) override {
    merger_.fail(part, error_text);
    finish_if_complete(context);
  }

 private:
  void finish_if_complete(WorkContext& context) const {
    if (!merger_.complete()) return;
    std::string reply;
    merger_.append_reply(reply);
    context.finish(std::move(reply));
  }

  routing::ReplyMerger merger_;
};

}  // namespace slotway::server
