#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_scanner.h"

namespace slotway::upstream {

/// Who Slotway is to a node.
struct Credentials {
  std::string username;  ///< empty: AUTH with the password alone
  std::string password;  ///< empty: no AUTH

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// The first words on a new connection: AUTH, and what else the connection needs, each awaited
/// before the next is sent. Nothing of a client's travels before the last one succeeded: some
/// servers answer a pipelined failing AUTH with nothing at all, which would shift every later
/// reply.
class Handshake {
 public:
  enum class State : std::uint8_t { waiting, step_done, finished, failed };

  /// `protocol` is 2 or 3; `read_only` opens a replica for reads.
  Handshake(const Credentials& credentials, int protocol, bool read_only);

  [[nodiscard]] bool finished() const noexcept { return next_ == steps_.size(); }
  /// The request to send now. REQUIRES: !finished().
  [[nodiscard]] std::string_view request() const noexcept { return steps_[next_].request; }

  /// Takes bytes that arrived. After `step_done` send request(); after `failed` see error().
  [[nodiscard]] State receive(std::string_view bytes);

  /// What the node answered, without the password: "AUTH was refused: WRONGPASS ...".
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  struct Step {
    std::string name;
    std::string request;
    std::string_view answers;  // types its answer may have
  };

  std::vector<Step> steps_;
  std::size_t next_ = 0;
  std::string arrived_;
  resp::ReplyScanner scanner_;
  std::string error_;
};

}  // namespace slotway::upstream
