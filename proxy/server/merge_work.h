#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "routing/reply_merger.h"
#include "server/work.h"

namespace slotway::server {

/// Parts that were all sent at the start and whose replies a ReplyMerger makes into one.
class MergeWork final : public Work {
 public:
  [[nodiscard]] bool sends_other_commands() const noexcept override { return false; }

  /// Parts from this number on are for nodes that may be missing: it does no harm if they get no
  /// reply.
  void set_first_optional(std::size_t part) noexcept { first_optional_ = part; }
  void set_only_reads() noexcept { only_reads_ = true; }
  [[nodiscard]] bool only_reads() const noexcept override { return only_reads_; }

  /// To be started before the parts are sent.
  [[nodiscard]] routing::ReplyMerger& merger() noexcept { return merger_; }

  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) override {
    const bool is_error = reply.is_error() && context.answered_by() != nullptr;
    merger_.add(part, reply.bytes,
                is_error ? cluster::to_string(*context.answered_by()) : std::string());
    finish_if_complete(context);
  }
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) override {
    if (part >= first_optional_) {
      merger_.skip();
    } else {
      merger_.fail(part, error_text);
    }
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
  std::size_t first_optional_ = std::numeric_limits<std::size_t>::max();
  bool only_reads_ = false;
};

}  // namespace slotway::server
