#include "resp/inline_arguments.h"

#include <cstddef>

namespace slotway::resp {

namespace {

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

// What ends a word that no quote has begun: less than what may stand between words, as in
// sdssplitargs.
bool ends_word(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char unescaped(char c) noexcept {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

/// Walks over one line, word by word.
class WordReader {
 public:
  explicit WordReader(std::string_view line) noexcept : line_(line) {}

  void skip_spaces() noexcept {
    while (!at_end() && is_space(line_[position_])) ++position_;
  }
  [[nodiscard]] bool at_end() const noexcept { return position_ == line_.size(); }

  /// False if the quotes are unbalanced.
  [[nodiscard]] bool read_word(std::string& word) {
    while (!at_end() && !ends_word(line_[position_])) {
      const char c = line_[position_++];
      if (c == '"' || c == '\'') {
        const bool closed = c == '"' ? read_double_quoted(word) : read_single_quoted(word);
        if (!closed) return false;
        return at_end() || is_space(line_[position_]);  // a closing quote must end the word
      }
      word.push_back(c);
    }
    return true;
  }

 private:
  [[nodiscard]] bool read_double_quoted(std::string& word) {
    while (!at_end()) {
      const char c = line_[position_++];
      if (c == '"') return true;
      if (c != '\\' || at_end()) {
        word.push_back(c);
        continue;
      }
      if (read_hex_escape(word)) continue;
      word.push_back(unescaped(line_[position_++]));
    }
    return false;
  }

  [[nodiscard]] bool read_single_quoted(std::string& word) {
    while (!at_end()) {
      const char c = line_[position_++];
      if (c == '\'') return true;
      if (c == '\\' && !at_end() && line_[position_] == '\'') {
        word.push_back('\'');
        ++position_;
      } else {
        word.push_back(c);
      }
    }
    return false;
  }

  // Stands behind a backslash; takes `xHH` if that is what follows.
  [[nodiscard]] bool read_hex_escape(std::string& word) {
    if (position_ + 3 > line_.size() || line_[position_] != 'x') return false;
    const int high = hex_value(line_[position_ + 1]);
    const int low = hex_value(line_[position_ + 2]);
    if (high < 0 || low < 0) return false;
    word.push_back(static_cast<char>(high * 16 + low));
    position_ += 3;
    return true;
  }

  std::string_view line_;
  std::size_t position_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> split_inline_arguments(std::string_view line) {
  std::vector<std::string> words;
  WordReader reader(line);
  for (reader.skip_spaces(); !reader.at_end(); reader.skip_spaces()) {
    if (!reader.read_word(words.emplace_back())) return std::nullopt;
  }
  return words;
}

}  // namespace slotway::resp
