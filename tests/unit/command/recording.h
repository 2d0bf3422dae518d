#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slotway::command::test {

/// What a real redis-server 7.0.15 answered, recorded and checked against a live server by
/// tests/integration/test_command_recordings.py: one line "answer TAB request" for each request.
struct Recorded {
  std::string answer;
  std::string request;
};

/// REQUIRES: the file lies in tests/unit/command/recordings and holds at least one line.
[[nodiscard]] std::vector<Recorded> read_recording(std::string_view file_name);

}  // namespace slotway::command::test
