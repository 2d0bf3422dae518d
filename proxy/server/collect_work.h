#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resp/byte_buffer.h"
#include "server/work.h"

namespace slotway::server {

/// Keeps the replies of all its parts and makes the client's reply of them once the last has come.
/// Parts are numbered from 0. An error of any part becomes the reply; of several, that of the
/// lowest number.
class CollectWork : public Work {
 public:
  /// Numbers go up to upstream::kWhole.
  static constexpr std::size_t kMostParts = 0xffff - 1;

  struct Limit {
    std::size_t bytes;         ///< of all replies together; beyond it the client gets an error
    std::string_view setting;  ///< where that number comes from, for the error
  };

  /// `command_name` as in the command table; both names must outlive the work.
  CollectWork(std::string_view command_name, std::size_t parts, Limit limit)
      : command_name_(command_name), replies_(parts), awaited_(parts), limit_(limit) {}

  void on_reply(WorkContext& context, std::uint16_t part, const resp::ReplyFrame& reply) final;
  void on_failure(WorkContext& context, std::uint16_t part, std::string_view error_text) final;

 protected:
  /// How a failed part ended.
  struct Failure {
    std::size_t part;
    std::string text;  ///< of the error reply, without '-' and CR LF
    bool is_reply;     ///< the node said so; otherwise it said nothing
  };

  /// Makes the client's reply. All parts have replies, and none is an error.
  [[nodiscard]] virtual std::string combine(WorkContext& context) = 0;
  /// Makes the client's reply if parts have failed. `failed` is how many did.
  [[nodiscard]] virtual std::string combine_failure(const Failure& first, std::size_t failed);

  [[nodiscard]] std::string_view reply(std::size_t part) const noexcept {
    return replies_[part].view();
  }
  [[nodiscard]] std::size_t parts() const noexcept { return replies_.size(); }
  [[nodiscard]] std::string_view command_name() const noexcept { return command_name_; }
  /// The client's reply if a node's is not of the kind its command has.
  [[nodiscard]] std::string impossible_reply() const;

 private:
  void note(Failure failure);
  void one_less(WorkContext& context);

  std::string_view command_name_;
  std::vector<resp::ByteBuffer> replies_;
  std::size_t awaited_;
  std::size_t bytes_ = 0;
  std::size_t failed_ = 0;
  std::optional<Failure> first_failure_;
  Limit limit_;
};

}  // namespace slotway::server
