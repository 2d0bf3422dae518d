#include "upstream/handshake.h"

#include "resp/reply_tree.h"

namespace slotway::upstream {

Handshake::Handshake(const Credentials& credentials, int protocol, bool read_only) {
  if (!credentials.password.empty()) {
    steps_.push_back(
        {"AUTH",
         credentials.username.empty()
             ? resp::format_command({"AUTH", credentials.password})
             : resp::format_command({"AUTH", credentials.username, credentials.password}),
         "+"});
  }
  if (protocol == 3) steps_.push_back({"HELLO", resp::format_command({"HELLO", "3"}), "%"});
  if (read_only) steps_.push_back({"READONLY", resp::format_command({"READONLY"}), "+"});
}

Handshake::State Handshake::receive(std::string_view bytes) {
  arrived_.append(bytes);
  const resp::ScanResult scanned = scanner_.scan(arrived_);
  if (scanned.status == resp::ScanStatus::incomplete) return State::waiting;
  const Step& step = steps_[next_];
  const bool is_frame = scanned.status == resp::ScanStatus::complete;
  if (is_frame && (arrived_.front() == '-' || arrived_.front() == '!')) {
    std::string_view text = arrived_;
    text.remove_prefix(arrived_.front() == '-' ? 1 : text.find('\n') + 1);
    error_ = step.name + " was refused: " + std::string(text.substr(0, text.find('\r')));
    return State::failed;
  }
  // More than one answer is none: what follows would be taken for the answer to the next request.
  if (!is_frame || scanned.consumed != arrived_.size() ||
      !step.answers.contains(arrived_.front())) {
    error_ = step.name + " was answered with something that is no answer to it";
    return State::failed;
  }
  arrived_.clear();
  ++next_;
  return finished() ? State::finished : State::step_done;
}

}  // namespace slotway::upstream
