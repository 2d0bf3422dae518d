#pragma once

#include <string>
#include <string_view>

#include "session/client_session.h"

namespace slotway::server {

/// A frame of pub/sub on its way to many clients: encoded once for each protocol, and if it is
/// large, its bytes exist once for all of them. Frames of messages differ between the protocols in
/// their first byte only.
class FanOutMessage {
 public:
  /// `resp2` is the frame as RESP2 has it and has to outlive the object.
  explicit FanOutMessage(std::string_view resp2) noexcept : resp2_(resp2) {}

  void send_to(session::ClientSession& session) {
    const bool is_resp3 = session.protocol == 3;
    if (resp2_.size() >= kSharedFrom) {
      session::SharedBytes& shared = is_resp3 ? shared3_ : shared2_;
      if (shared == nullptr) shared = std::make_shared<const std::string>(encoded(is_resp3));
      session.push(shared);
    } else if (is_resp3) {
      if (copy3_.empty()) copy3_ = encoded(true);
      session.push(copy3_);
    } else {
      session.push(resp2_);
    }
  }

 private:
  /// From this size on sharing is cheaper than copying, and a client that reads slowly costs next
  /// to nothing.
  static constexpr std::size_t kSharedFrom = 4096;

  [[nodiscard]] std::string encoded(bool is_resp3) const {
    std::string frame(resp2_);
    if (is_resp3) frame.front() = '>';
    return frame;
  }

  const std::string_view resp2_;
  std::string copy3_;
  session::SharedBytes shared2_;
  session::SharedBytes shared3_;
};

}  // namespace slotway::server
