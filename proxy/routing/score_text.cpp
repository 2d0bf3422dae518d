#include "routing/score_text.h"

#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace slotway::routing {

namespace {

std::string digits17(double score) {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%.17g", score);
  return {text.data(), static_cast<std::size_t>(size)};
}

struct Decimal {
  std::string digits;  ///< without point, without zeros at the end
  int exponent;        ///< the value is digits * 10 ^ exponent
};

/// REQUIRES: a finite value above zero.
Decimal shortest_decimal(double value) {
  std::array<char, 32> text;
  const char* const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
          .ptr;
  const std::string_view whole(text.data(), static_cast<std::size_t>(end - text.data()));
  const std::size_t e = whole.find('e');
  Decimal decimal{std::string(1, whole[0]), std::atoi(std::string(whole.substr(e + 1)).c_str())};
  if (e > 2) decimal.digits.append(whole.substr(2, e - 2));
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
  decimal.exponent -= static_cast<int>(decimal.digits.size()) - 1;
  return decimal;
}

/// Laid out as the servers' fpconv_dtoa does it, which differs from every printf format.
std::string laid_out(const Decimal& decimal) {
  const std::string& digits = decimal.digits;
  const int count = static_cast<int>(digits.size());
  const int first_digit_exponent = decimal.exponent + count - 1;
  const int magnitude = std::abs(first_digit_exponent);
  if (decimal.exponent >= 0 && magnitude < count + 7) {
    return digits + std::string(static_cast<std::size_t>(decimal.exponent), '0');
  }
  if (decimal.exponent < 0 && (decimal.exponent > -7 || magnitude < 4)) {
    const int before_point = count + decimal.exponent;
    if (before_point <= 0) {
      return "0." + std::string(static_cast<std::size_t>(-before_point), '0') + digits;
    }
    const auto place = static_cast<std::size_t>(before_point);
    return digits.substr(0, place) + "." + digits.substr(place);
  }
  std::string text = digits.substr(0, 1);
  if (count > 1) text += "." + digits.substr(1);
  return text + (first_digit_exponent < 0 ? "e-" : "e+") + std::to_string(magnitude);
}

std::string shortest(double score) {
  if (std::isinf(score)) return score > 0 ? "inf" : "-inf";
  if (score == 0) return std::signbit(score) ? "-0" : "0";
  constexpr double kLargest = 0x1p62;  // LLONG_MAX / 2, as Redis rounds it
  if (std::abs(score) <= kLargest && score == std::trunc(score)) {
    return std::to_string(static_cast<std::int64_t>(score));
  }
  return (score < 0 ? "-" : "") + laid_out(shortest_decimal(std::abs(score)));
}

}  // namespace

ScoreStyle score_style_of(std::string_view server_version) noexcept {
  int major = 7;
  int minor = 0;
  const char* const end = server_version.data() + server_version.size();
  const auto [after, error] = std::from_chars(server_version.data(), end, major);
  if (error == std::errc{} && after != end) std::from_chars(after + 1, end, minor);
  return major > 7 || (major == 7 && minor >= 2) ? ScoreStyle::shortest : ScoreStyle::digits17;
}

std::string score_text(double score, ScoreStyle style) {
  return style == ScoreStyle::digits17 ? digits17(score) : shortest(score);
}

bool parse_score(std::string_view text, double& score) {
  if (text.empty() || std::isspace(static_cast<unsigned char>(text.front())) != 0) return false;
  const std::string terminated(text);
  char* end = nullptr;
  errno = 0;
  score = std::strtod(terminated.c_str(), &end);
  if (end != terminated.c_str() + terminated.size() || std::isnan(score)) return false;
  return errno != ERANGE || (score != 0 && !std::isinf(score));
}

}  // namespace slotway::routing
