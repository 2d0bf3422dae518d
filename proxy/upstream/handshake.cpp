#include "upstream/handshake.h"

#include "resp/reply_tree.h"

namespace slotway::upstream {

Handshake::Handshake(const Credentials& credentials, int protocol, bool read_only) {
  if (!credentials.password.empty()) {
    steps_.push_back({"AUTH", credentials.username.empty()
                                  ? resp::format_command({"AUTH", credentials.password})
                                  : resp::format_command({"AUTH", credentials.username,
                                                          credentials.password})});
  }
  if (protocol == 3) steps_.push_back({"HELLO", resp::format_command({"HELLO", "3"})});
  if (read_only) steps_.push_back({"READONLY", resp::format_command({"READONLY"})});
}

Handshake::State Handshake::receive(std::string_view bytes) {
  arrived_.append(bytes);
  const resp::ScanResult scanned = scanner_.scan(arrived_);
  if (scanned.status == resp::ScanStatus::incomplete) return State::waiting;
  if (scanned.status == resp::ScanStatus::error || scanned.consumed != arrived_.size()) {
    error_ = steps_[next_].name + " was answered with something that is no Redis reply";
    return State::failed;
  }
  if (arrived_.front() == '-' || arrived_.front() == '!') {
    const std::string_view text = std::string_view(arrived_).substr(1);
    error_ = steps_[next_].name + " was refused: " + std::string(text.substr(0, text.find('\r')));
    return State::failed;
  }
  arrived_.clear();
  ++next_;
  return finished() ? State::finished : State::step_done;
}

}  // namespace slotway::upstream
