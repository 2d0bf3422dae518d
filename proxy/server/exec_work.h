#pragma once

#include "resp/encoder.h"
#include "server/block_work.h"
#include "server/exec_conversation.h"

namespace slotway::server {

/// EXEC of a client that watches no keys: MULTI, commands and EXEC in one piece over a shared
/// connection.
class ExecWork final : public BlockWork {
 public:
  explicit ExecWork(const Transaction& transaction)
      : conversation_(transaction), reads_only_(transaction.reads_only()) {}

  [[nodiscard]] bool only_reads() const noexcept override { return reads_only_; }

  [[nodiscard]] bool on_early_reply(std::uint16_t, std::string_view frame) override {
    return conversation_.on_early_reply(frame);
  }
  [[nodiscard]] std::string cause_of(std::string_view last_error) const override {
    return conversation_.cause_of(last_error);
  }
  [[nodiscard]] bool has_failed_early() const noexcept override {
    return conversation_.has_failed_early();
  }
  void begin_again() override { conversation_.begin_again(); }
  [[nodiscard]] bool accepts(const resp::ReplyFrame& last_reply) const noexcept override {
    return conversation_.accepts(last_reply);
  }

  void on_reply(WorkContext& context, std::uint16_t, const resp::ReplyFrame& reply) override {
    context.finish(conversation_.reply(context.dispatcher(), *context.pending().session, reply));
  }
  void on_failure(WorkContext& context, std::uint16_t, std::string_view error_text) override {
    context.finish(resp::error_reply(error_text));
  }

 private:
  ExecConversation conversation_;
  const bool reads_only_;
};

}  // namespace slotway::server
