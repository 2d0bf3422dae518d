#include "command/reply_types.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "command/command_table.h"
#include "unit/command/recording.h"
#include "unit/command/request.h"

namespace slotway::command {

namespace {

ReplyTypes type_of(char first_byte) {
  switch (first_byte) {
    case '+':
      return static_cast<ReplyTypes>(ReplyType::simple_string);
    case ':':
      return static_cast<ReplyTypes>(ReplyType::integer);
    case '$':
    case '=':
      return static_cast<ReplyTypes>(ReplyType::bulk_string);
    case '*':
    case '~':
      return static_cast<ReplyTypes>(ReplyType::array);
    case '%':
      return static_cast<ReplyTypes>(ReplyType::map);
    case '_':
      return static_cast<ReplyTypes>(ReplyType::null);
    case '#':
      return static_cast<ReplyTypes>(ReplyType::boolean);
    case ',':
    case '(':
      return static_cast<ReplyTypes>(ReplyType::number);
    default:
      FAIL("no type of a recorded reply: " << first_byte);
      return 0;
  }
}

const Command& command_of(const std::string& line) {
  const Command* command = CommandTable::built_in()->resolve(test::request_of(line).view());
  REQUIRE_MESSAGE(command != nullptr, line);
  return *command;
}

}  // namespace

TEST_CASE("each reply a real server gave is of a type its command may have") {
  for (const auto& [types, line] : test::read_recording("replies.txt")) {
    CAPTURE(line);
    for (const char type : types) {
      CAPTURE(type);
      CHECK((command_of(line).reply_types & type_of(type)) != 0);
    }
  }
}

TEST_CASE("each recorded command's types have been thought about, and tell something") {
  for (const auto& [types, line] : test::read_recording("replies.txt")) {
    const Command& command = command_of(line);
    if (command.name.starts_with("eval") || command.name.starts_with("fcall")) continue;
    CAPTURE(line);
    CHECK(command.reply_types != kAnyReply);
  }
}

TEST_CASE("each command that is forwarded and has a core data type has its types listed") {
  for (const Command& command : CommandTable::built_in()->commands()) {
    const bool forwarded = command.route == Route::by_key || command.route == Route::split;
    const bool open_ended = command.name.starts_with("eval") || command.name.starts_with("fcall") ||
                            command.has(Flag::module);
    if (!forwarded) continue;
    CAPTURE(command.name);
    CHECK((command.reply_types == kAnyReply) == open_ended);
  }
}

TEST_CASE("of what nobody listed every type is allowed") {
  CHECK(reply_types_of("exec") == kAnyReply);
  CHECK(reply_types_of("json.get") == kAnyReply);
  CHECK(reply_types_of("") == kAnyReply);
  CHECK(reply_types_of("get getdel") == kAnyReply);
  CHECK(reply_types_of("ge") == kAnyReply);
}

TEST_CASE("an integer in place of a value is found out") {
  CHECK((reply_types_of("get") & static_cast<ReplyTypes>(ReplyType::integer)) == 0);
  CHECK((reply_types_of("get") & static_cast<ReplyTypes>(ReplyType::array)) == 0);
  CHECK((reply_types_of("incr") & static_cast<ReplyTypes>(ReplyType::bulk_string)) == 0);
  CHECK((reply_types_of("mget") & static_cast<ReplyTypes>(ReplyType::integer)) == 0);
}

}  // namespace slotway::command
