#pragma once

#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace slotway::test {

/// Makes random, well-formed RESP2 and RESP3 replies.
class ReplyMaker {
 public:
  explicit ReplyMaker(unsigned seed) : random_(seed) {}

  [[nodiscard]] std::string reply(int depth = 4) {
    if (below(12) == 0) return attribute(depth - 1) + reply(depth - 1);
    switch (below(depth > 0 ? 14 : 10)) {
      case 0:
        return "+" + line() + "\r\n";
      case 1:
        return "-ERR " + line() + "\r\n";
      case 2:
        return ":" + std::to_string(static_cast<int>(random_()) - 1000) + "\r\n";
      case 3:
        return "_\r\n";
      case 4:
        return below(2) == 0 ? "#t\r\n" : "#f\r\n";
      case 5:
        return ",3.1415\r\n";
      case 6:
        return "(3492890328409238509324850943850943825024385\r\n";
      case 7:
        return bulk('!');
      case 8:
        return bulk('=');
      case 9:
        return below(5) == 0 ? "$-1\r\n" : bulk('$');
      case 10:
        return aggregate('%', 2, depth);
      case 11:
        return aggregate('~', 1, depth);
      case 12:
        return below(10) == 0 ? "*-1\r\n" : aggregate('*', 1, depth);
      default:
        return aggregate('*', 1, depth);
    }
  }

  [[nodiscard]] std::string push(int depth = 2) { return aggregate('>', 1, depth); }

  [[nodiscard]] std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::string line() {
    std::string text(below(20), ' ');
    for (char& c : text) c = static_cast<char>('a' + below(26));
    return text;
  }
  std::string bulk(char type) {
    std::string body(below(below(10) == 0 ? 2'000 : 20), ' ');
    for (char& c : body) c = "\r\n$*:+-01ab"[below(11)];
    return type + std::to_string(body.size()) + "\r\n" + body + "\r\n";
  }
  std::string aggregate(char type, std::size_t per_element, int depth) {
    const std::size_t count = below(4);
    std::string frame = type + std::to_string(count) + "\r\n";
    for (std::size_t i = 0; i < count * per_element; ++i) frame += reply(depth - 1);
    return frame;
  }
  std::string attribute(int depth) { return depth > 0 ? aggregate('|', 2, depth) : ""; }

  std::mt19937 random_;
};

/// Finds the end of the first frame the simple way: recursively, from complete bytes, one type
/// after the other. Nothing if the bytes do not begin with a complete, well-formed frame.
class FrameOracle {
 public:
  [[nodiscard]] static std::optional<std::size_t> frame_size(std::string_view bytes) {
    FrameOracle oracle(bytes);
    if (!oracle.frame(true)) return std::nullopt;
    return oracle.at_;
  }

 private:
  explicit FrameOracle(std::string_view bytes) : bytes_(bytes) {}

  std::optional<std::string_view> line() {
    const std::size_t end = bytes_.find('\r', at_);
    if (end == std::string_view::npos || end + 1 >= bytes_.size() || bytes_[end + 1] != '\n') {
      return std::nullopt;
    }
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 2;
    return text;
  }

  // A count or a size: canonical decimal, -1 for null.
  std::optional<long long> number() {
    const auto text = line();
    if (!text || text->empty()) return std::nullopt;
    if (*text == "-1") return -1;
    if (text->find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    if (text->size() > 1 && text->front() == '0') return std::nullopt;
    if (text->size() > 10) return std::nullopt;
    return std::stoll(std::string(*text));
  }

  bool elements(long long count) {
    for (long long i = 0; i < count; ++i) {
      if (!frame(false)) return false;
    }
    return true;
  }

  bool frame(bool outermost) {
    if (at_ >= bytes_.size()) return false;
    const char type = bytes_[at_++];
    if (std::string_view("+-:_#,(").contains(type)) return line().has_value();
    if (!std::string_view("$=!*~>%|").contains(type)) return false;
    if (type == '>' && !outermost) return false;
    const auto count = number();
    if (!count) return false;
    if (std::string_view("$=!").contains(type)) {
      if (*count < 0) return true;
      const auto size = static_cast<std::size_t>(*count);
      if (bytes_.size() - at_ < size + 2 || bytes_.substr(at_ + size, 2) != "\r\n") return false;
      at_ += size + 2;
      return true;
    }
    if (type == '|') return elements(2 * *count) && frame(false);
    return elements(type == '%' ? 2 * *count : *count);
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace slotway::test
