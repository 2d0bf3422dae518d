#include "server/logging.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace slotway::server {

using config::LogFormat;
using config::LogLevel;

namespace {

// 2026-11-23T06:53:51.007Z
constexpr std::chrono::system_clock::time_point kTime{std::chrono::milliseconds{1'795'416'831'007}};

std::string text_of(std::string_view message, LogFields fields = {}) {
  return format_log_line(LogFormat::text, kTime, LogLevel::info, message, fields);
}

std::string json_of(std::string_view message, LogFields fields = {}) {
  return format_log_line(LogFormat::json, kTime, LogLevel::info, message, fields);
}

/// A folder for log files that goes away with the object, and the log back on standard error.
class LogFolder {
 public:
  LogFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slotway-log-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~LogFolder() {
    CHECK(set_up_logging({}).has_value());
    std::filesystem::remove_all(path_);
  }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;

  [[nodiscard]] std::string file() const { return path_ / "slotway.log"; }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::ifstream stream(file());
    std::vector<std::string> result;
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a text line is time, level, message and fields") {
  CHECK(text_of("topology changed", {{"epoch", 12}, {"reason", "moved"}}) ==
        "2026-11-23T06:53:51.007Z info  topology changed epoch=12 reason=moved");
  CHECK(format_log_line(LogFormat::text, kTime, LogLevel::warning, "slow", {}) ==
        "2026-11-23T06:53:51.007Z warning slow");
}

TEST_CASE("a value that is not one word is quoted in a text line") {
  CHECK(text_of("m", {{"a", ""}}).ends_with(" a=\"\""));
  CHECK(text_of("m", {{"a", "two words"}}).ends_with(" a=\"two words\""));
  CHECK(text_of("m", {{"a", "x=y"}}).ends_with(" a=\"x=y\""));
  CHECK(text_of("m", {{"a", "say \"x\""}}).ends_with(R"( a="say \"x\"")"));
  CHECK(text_of("m", {{"a", "b\\c"}}).ends_with(R"( a="b\\c")"));
  CHECK(text_of("m", {{"a", "10.0.0.1:7000"}}).ends_with(" a=10.0.0.1:7000"));
}

TEST_CASE("a field keeps the kind of its value") {
  const std::string host = "h";
  const char* text = "t";
  CHECK(json_of("m", {{"a", true},
                      {"b", -5},
                      {"c", 18'446'744'073'709'551'615U},
                      {"d", host},
                      {"e", text},
                      {"f", "12"}})
            .ends_with(R"("a":true,"b":-5,"c":18446744073709551615,"d":"h","e":"t","f":"12"})"));
}

TEST_CASE("a JSON line is one object with time, level, message and fields") {
  CHECK(json_of("topology changed", {{"epoch", 12}, {"reason", "say \"x\" \\"}}) ==
        R"({"time":"2026-11-23T06:53:51.007Z","level":"info","message":"topology changed",)"
        R"("epoch":12,"reason":"say \"x\" \\"})");
}

TEST_CASE("no text can end the line or act on a terminal") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  every_byte += "\xc2\x9b\xc3\xa4";  // a C1 control character, and a letter that stays
  for (const LogFormat format : {LogFormat::text, LogFormat::json}) {
    const LogField field("key", every_byte);
    const std::string line =
        format_log_line(format, kTime, LogLevel::info, every_byte, std::span(&field, 1));
    for (const char c : line) {
      CHECK(static_cast<unsigned char>(c) >= 0x20);
      CHECK(c != 0x7f);
    }
    CHECK(line.find("\xc2\x9b") == std::string::npos);
    CHECK(line.find("\xc3\xa4") != std::string::npos);
  }
  CHECK(text_of("a\nb", {{"k", "c\r\nd\x1b[0m"}}).ends_with(R"(a\nb k="c\r\nd\x1b[0m")"));
  CHECK(json_of("a\nb\xff").ends_with("\"message\":\"a\\u000ab\\ufffd\"}"));
}

TEST_CASE("braces in a message are no format") {
  CHECK(text_of("{} {0} %v").ends_with("{} {0} %v"));
  const LogFolder folder;
  REQUIRE(set_up_logging({.file = folder.file()}).has_value());
  log_info("{} %v", {{"a", "{1}"}});
  REQUIRE(folder.lines().size() == 1);
  CHECK(folder.lines()[0].ends_with("info  {} %v a={1}"));
}

TEST_CASE("only lines of the level and above are written, and the level can change at run time") {
  const LogFolder folder;
  REQUIRE(set_up_logging({.level = LogLevel::warning, .file = folder.file()}).has_value());
  log_info("hidden");
  log_warning("shown");
  CHECK_FALSE(is_logged(LogLevel::info));
  set_log_level(LogLevel::trace);
  CHECK(is_logged(LogLevel::trace));
  log_trace("traced");
  log_debug("debugged");
  set_log_level(LogLevel::error);
  log_warning("hidden");
  log_error("failed");
  const auto lines = folder.lines();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0].ends_with("warning shown"));
  CHECK(lines[1].ends_with("trace traced"));
  CHECK(lines[2].ends_with("debug debugged"));
  CHECK(lines[3].ends_with("error failed"));
}

TEST_CASE("a log file is appended to") {
  const LogFolder folder;
  REQUIRE(set_up_logging({.file = folder.file()}).has_value());
  log_info("first");
  REQUIRE(set_up_logging({.format = LogFormat::json, .file = folder.file()}).has_value());
  log_info("second");
  REQUIRE(folder.lines().size() == 2);
  CHECK(folder.lines()[0].ends_with("info  first"));
  CHECK(folder.lines()[1].ends_with("\"message\":\"second\"}"));
}

TEST_CASE("a log file that cannot be opened is said in words, and the old log stays") {
  const LogFolder folder;
  REQUIRE(set_up_logging({.file = folder.file()}).has_value());
  const auto result = set_up_logging({.file = "/proc/nonexistent/slotway.log"});
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().find("/proc/nonexistent") != std::string::npos);
  log_info("still here");
  CHECK(folder.lines().size() == 1);
}

TEST_CASE("lines of several threads stay whole") {
  constexpr int kThreads = 4;
  constexpr int kLines = 500;
  const LogFolder folder;
  REQUIRE(set_up_logging({.format = LogFormat::json, .file = folder.file()}).has_value());
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([thread] {
        for (int line = 0; line < kLines; ++line) {
          log_info("line", {{"id", thread * kLines + line}, {"text", std::string(200, 'x')}});
        }
      });
    }
  }
  std::set<std::string> seen;
  const std::string tail = ",\"text\":\"" + std::string(200, 'x') + "\"}";
  for (const auto& line : folder.lines()) {
    const auto id = line.find("\"id\":");
    REQUIRE(id != std::string::npos);
    REQUIRE(line.starts_with("{\"time\":\""));
    REQUIRE(line.ends_with(tail));
    seen.insert(line.substr(id, line.size() - tail.size() - id));
  }
  CHECK(seen.size() == kThreads * kLines);
}

}  // namespace slotway::server
