#pragma once

#include <array>
#include <span>
#include <string_view>

namespace slotway::command {

/// The rows of builtin_commands.inc and newer_commands.inc: what a server says of a command, in the
/// server's own words (flags, tips and key spec flags are words separated by spaces).
/// Words are turned into bits by vocabulary.h, rows into Commands by command_table.cpp.

struct BeginRow {
  enum class Kind { none, index, keyword, unknown } kind = Kind::none;
  int number = 0;  ///< position of an index, start of the search for a keyword
  std::string_view keyword{};
};

struct FindRow {
  enum class Kind { unknown, range, keynum } kind = Kind::unknown;
  int first = 0;   ///< last_key of a range, keynum_index of a keynum
  int second = 0;  ///< step of a range, first_key of a keynum
  int third = 0;   ///< limit of a range, step of a keynum
};

struct KeySpecRow {
  BeginRow begin{};  ///< Kind::none: no key specification, nor any after this one
  FindRow find{};
  std::string_view flags{};
};

/// No command of any server has more specifications than GEORADIUS.
inline constexpr std::size_t kMaxKeySpecs = 3;

struct CommandFacts {
  std::string_view name;  ///< subcommands follow their container: "config", "config|get"
  int arity = 0;
  std::string_view flags{};
  std::string_view tips{};
  std::array<KeySpecRow, kMaxKeySpecs> key_specs{};
};

/// The language the rows are written in.
namespace facts {

constexpr BeginRow index(int position) { return {BeginRow::Kind::index, position}; }
constexpr BeginRow keyword(std::string_view word, int start_from) {
  return {BeginRow::Kind::keyword, start_from, word};
}
constexpr BeginRow anywhere() { return {BeginRow::Kind::unknown}; }

constexpr FindRow range(int last_key, int step, int limit) {
  return {FindRow::Kind::range, last_key, step, limit};
}
constexpr FindRow keynum(int keynum_index, int first_key, int step) {
  return {FindRow::Kind::keynum, keynum_index, first_key, step};
}
constexpr FindRow unknown() { return {}; }

}  // namespace facts

/// What a redis-server announced; generated, see builtin_commands.inc.
[[nodiscard]] std::span<const CommandFacts> server_facts() noexcept;

/// Commands of servers newer than that one; kept by hand, see newer_commands.inc.
[[nodiscard]] std::span<const CommandFacts> newer_facts() noexcept;

}  // namespace slotway::command
