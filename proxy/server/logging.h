#pragma once

#include <chrono>
#include <concepts>
#include <expected>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace slotway::server {

// The log of the process, on spdlog's default logger: log_info("topology changed", {{"epoch",
// 12}}). It is the one thing here that is reached without being passed in, as a log is written from
// everywhere. All functions may be called from any thread once set_up_logging() has returned.
//
// Keys and values of clients are logged at debug and below only, secrets at no level. Whatever text
// gets in, one call is one line: control characters and invalid UTF-8 are escaped in both formats.

/// One key=value of a log line. Numbers and booleans are JSON literals, everything else is text.
struct LogField {
  std::string_view key;  ///< a name from the code, in snake_case; must outlive the call
  std::string value;
  bool is_literal = false;

  LogField(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, bool truth)
      : key(field_key), value(truth ? "true" : "false"), is_literal(true) {}
  template <std::integral Number>
    requires(!std::same_as<Number, char> && !std::same_as<Number, bool>)
  LogField(std::string_view field_key, Number number)
      : key(field_key), value(std::to_string(number)), is_literal(true) {}
  // A pointer would silently become a bool.
  LogField(std::string_view field_key, const char* text)
      : LogField(field_key, std::string_view(text)) {}
  LogField(std::string_view field_key, const std::string& text)
      : LogField(field_key, std::string_view(text)) {}
};

/// Opens the log. Call it once, before there are other threads; until then lines go to standard
/// output. The error is a sentence for the operator (the file cannot be opened).
[[nodiscard]] std::expected<void, std::string> set_up_logging(const config::LogSettings& settings);

/// Takes effect at once, on every thread.
void set_log_level(config::LogLevel level);

/// To skip the work of preparing fields that would not be written.
[[nodiscard]] bool is_logged(config::LogLevel level);

using LogFields = std::initializer_list<LogField>;

void log(config::LogLevel level, std::string_view message, LogFields fields = {});

inline void log_trace(std::string_view message, LogFields fields = {}) {
  log(config::LogLevel::trace, message, fields);
}
inline void log_debug(std::string_view message, LogFields fields = {}) {
  log(config::LogLevel::debug, message, fields);
}
inline void log_info(std::string_view message, LogFields fields = {}) {
  log(config::LogLevel::info, message, fields);
}
inline void log_warning(std::string_view message, LogFields fields = {}) {
  log(config::LogLevel::warning, message, fields);
}
inline void log_error(std::string_view message, LogFields fields = {}) {
  log(config::LogLevel::error, message, fields);
}

/// One line without its line break, in UTC:
///   2026-11-23T06:53:51.123Z info  topology changed epoch=12 reason=moved
///   {"time":"2026-11-23T06:53:51.123Z","level":"info","message":"topology changed","epoch":12}
[[nodiscard]] std::string format_log_line(config::LogFormat format,
                                          std::chrono::system_clock::time_point time,
                                          config::LogLevel level, std::string_view message,
                                          std::span<const LogField> fields);

}  // namespace slotway::server
