#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct redisReply;

namespace slotway::resp {

/// One value inside a ReplyTree: a view, valid as long as the tree it came from.
class ReplyNode {
 public:
  explicit ReplyNode(const redisReply* reply) noexcept : reply_(reply) {}

  [[nodiscard]] bool is_string() const noexcept;  ///< bulk or simple string
  [[nodiscard]] bool is_integer() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;
  [[nodiscard]] bool is_nil() const noexcept;
  [[nodiscard]] bool is_error() const noexcept;

  /// Text of a string or an error; empty for every other type.
  [[nodiscard]] std::string_view text() const noexcept;
  /// Value of an integer; 0 for every other type.
  [[nodiscard]] std::int64_t integer() const noexcept;
  /// Number of elements of an array; 0 for every other type.
  [[nodiscard]] std::size_t size() const noexcept;
  /// REQUIRES: index < size().
  [[nodiscard]] ReplyNode operator[](std::size_t index) const noexcept;

 private:
  const redisReply* reply_;
};

/// A decoded RESP2 reply of the control plane (CLUSTER SLOTS, COMMAND, INFO, ...), made by hiredis'
/// reader. Requests of clients never come this way: the data path forwards frames and builds no
/// trees.
class ReplyTree {
 public:
  explicit ReplyTree(redisReply* owned) noexcept;

  [[nodiscard]] ReplyNode root() const noexcept { return ReplyNode(reply_.get()); }

  /// Decodes exactly one RESP2 reply of at most nine levels of nesting (a limit of hiredis); an
  /// error says what is wrong with the bytes.
  [[nodiscard]] static std::expected<ReplyTree, std::string> parse(std::string_view bytes);

 private:
  struct Free {
    void operator()(redisReply* reply) const noexcept;
  };
  std::unique_ptr<redisReply, Free> reply_;
};

/// A command formatted by hiredis as an array of bulk strings.
[[nodiscard]] std::string format_command(std::span<const std::string_view> arguments);
[[nodiscard]] std::string format_command(std::initializer_list<std::string_view> arguments);

}  // namespace slotway::resp
