#include "server/logging.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>

#include "config/text.h"

namespace slotway::server {
namespace {

using config::LogFormat;
using config::LogLevel;

struct LevelFacts {
  std::string_view name;
  spdlog::level::level_enum spdlog_level;
};

// Indexed by LogLevel.
constexpr std::array<LevelFacts, 5> kLevels{{{"trace", spdlog::level::trace},
                                             {"debug", spdlog::level::debug},
                                             {"info", spdlog::level::info},
                                             {"warning", spdlog::level::warn},
                                             {"error", spdlog::level::err}}};

const LevelFacts& facts_of(LogLevel level) { return kLevels.at(static_cast<std::size_t>(level)); }

/// Written by set_up_logging() before other threads exist; belongs to spdlog's default logger.
std::atomic<LogFormat>& format_of_log() {
  static std::atomic<LogFormat> format{LogFormat::text};
  return format;
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     milliseconds.count());
}

/// True if a value can stand bare after its '=' and still end where the reader thinks it ends.
bool is_one_word(std::string_view text) {
  return !text.empty() && config::is_plain_text(text) &&
         text.find_first_of(" \"=\\") == std::string_view::npos;
}

void append_json_text(std::string& line, std::string_view text) {
  line += '"';
  while (!text.empty()) {
    const std::size_t length = config::utf8_character_length(text);
    if (length == 0) {
      line += "\\ufffd";  // JSON has no way to write a byte that is no text
    } else if (config::is_control_character(text, length)) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}",
                     static_cast<unsigned char>(text[length - 1]));
    } else {
      if (text.front() == '"' || text.front() == '\\') line += '\\';
      line += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  line += '"';
}

std::string text_line(std::chrono::system_clock::time_point time, LogLevel level,
                      std::string_view message, std::span<const LogField> fields) {
  std::string line = fmt::format("{} {:<5} {}", timestamp(time), facts_of(level).name,
                                 config::escaped(message, config::EscapeQuotes::no));
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += is_one_word(field.value) ? field.value : config::quoted(field.value);
  }
  return line;
}

std::string json_line(std::chrono::system_clock::time_point time, LogLevel level,
                      std::string_view message, std::span<const LogField> fields) {
  std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":)", timestamp(time),
                                 facts_of(level).name);
  append_json_text(line, message);
  for (const LogField& field : fields) {
    line += ',';
    append_json_text(line, field.key);
    line += ':';
    if (field.is_literal) {
      line += field.value;
    } else {
      append_json_text(line, field.value);
    }
  }
  line += '}';
  return line;
}

}  // namespace

std::expected<void, std::string> set_up_logging(const config::LogSettings& settings) {
  try {
    std::shared_ptr<spdlog::sinks::sink> sink;
    if (settings.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(settings.file);
    }
    auto logger = std::make_shared<spdlog::logger>("slotway", std::move(sink));
    logger->set_pattern("%v");  // the whole line is made here, and escaped
    logger->set_level(facts_of(settings.level).spdlog_level);
    logger->flush_on(spdlog::level::trace);  // the last lines before a crash matter most
    format_of_log().store(settings.format, std::memory_order_relaxed);
    spdlog::set_default_logger(std::move(logger));
    return {};
  } catch (const spdlog::spdlog_ex& error) {
    return std::unexpected(fmt::format("cannot open the log: {}", error.what()));
  }
}

void set_log_level(LogLevel level) {
  spdlog::default_logger_raw()->set_level(facts_of(level).spdlog_level);
}

bool is_logged(LogLevel level) {
  return spdlog::default_logger_raw()->should_log(facts_of(level).spdlog_level);
}

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (!is_logged(level)) return;
  const std::string line =
      format_log_line(format_of_log().load(std::memory_order_relaxed),
                      std::chrono::system_clock::now(), level, message, fields);
  spdlog::default_logger_raw()->log(facts_of(level).spdlog_level, line);
}

std::string format_log_line(LogFormat format, std::chrono::system_clock::time_point time,
                            LogLevel level, std::string_view message,
                            std::span<const LogField> fields) {
  return format == LogFormat::json ? json_line(time, level, message, fields)
                                   : text_line(time, level, message, fields);
}

}  // namespace slotway::server
