#include "config/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "config/text.h"

namespace slotway::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Both tables run from large to small: print() takes the first unit that divides the value.
constexpr std::array kDurationUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000},
                                    Unit{"s", 1'000}, Unit{"ms", 1}};
constexpr std::array kBinaryUnits{Unit{"gb", 1ULL << 30U}, Unit{"mb", 1ULL << 20U},
                                  Unit{"kb", 1ULL << 10U}};
constexpr std::array kDecimalUnits{Unit{"g", 1'000'000'000}, Unit{"m", 1'000'000}, Unit{"k", 1'000},
                                   Unit{"b", 1}, Unit{"", 1}};

struct NumberAndUnit {
  std::uint64_t number = 0;
  std::string unit;  // in lower case if the caller takes any case
};

std::optional<NumberAndUnit> split_number(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits =
      static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  const auto number = parse_digits(text.substr(0, digits));
  if (!number) return std::nullopt;
  return NumberAndUnit{*number, std::string(text.substr(digits))};
}

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found = std::ranges::find(units, name, &Unit::name);
  return found == units.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> multiply(std::uint64_t number, std::uint64_t factor) {
  if (number > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
  return number * factor;
}

std::string print_with_unit(std::uint64_t value, std::span<const Unit> units) {
  if (value == 0) return "0";
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return fmt::format("{}", value);
}

std::string or_off(Zero zero) { return zero == Zero::off ? ", or 0 for none" : ""; }

}  // namespace

std::optional<std::uint64_t> parse_digits(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::size_t> CountCodec::parse(std::string_view text) const {
  const auto number = parse_digits(text);
  return number && *number >= min && *number <= max ? number : std::nullopt;
}

std::string CountCodec::print(const Type& value) const { return fmt::format("{}", value); }

std::string CountCodec::expected() const {
  return fmt::format("a whole number from {} to {}", min, max);
}

std::optional<std::int64_t> IntegerCodec::parse(std::string_view text) const {
  const bool negative = text.starts_with('-');
  const auto digits = parse_digits(text.substr(negative ? 1 : 0));
  if (!digits || *digits > static_cast<std::uint64_t>(std::numeric_limits<Type>::max())) {
    return std::nullopt;
  }
  if (negative && *digits == 0) return std::nullopt;
  const auto magnitude = static_cast<Type>(*digits);
  const Type number = negative ? -magnitude : magnitude;
  return number >= min && number <= max ? std::optional(number) : std::nullopt;
}

std::string IntegerCodec::print(const Type& value) const { return fmt::format("{}", value); }

std::string IntegerCodec::expected() const {
  return fmt::format("a whole number from {} to {}", min, max);
}

std::optional<std::size_t> AutoCountCodec::parse(std::string_view text) const {
  if (text == "auto") return 0;
  return CountCodec{1, max}.parse(text);
}

std::string AutoCountCodec::print(const Type& value) const {
  return value == 0 ? "auto" : fmt::format("{}", value);
}

std::string AutoCountCodec::expected() const {
  return fmt::format("\"auto\" or {}", CountCodec{1, max}.expected());
}

std::optional<std::chrono::milliseconds> DurationCodec::parse(std::string_view text) const {
  if (text == "0")
    return zero == Zero::off || min == Type{0} ? std::optional(Type{0}) : std::nullopt;
  const auto split = split_number(text);
  if (!split) return std::nullopt;
  const Unit* unit = find_unit(kDurationUnits, split->unit);
  if (unit == nullptr) return std::nullopt;
  const auto count = multiply(split->number, unit->factor);
  if (!count || *count > static_cast<std::uint64_t>(max.count())) return std::nullopt;
  const Type value{static_cast<Type::rep>(*count)};
  if (value % step != Type{0}) return std::nullopt;
  if (value < min && !(value == Type{0} && zero == Zero::off)) return std::nullopt;
  return value;
}

std::string DurationCodec::print(const Type& value) const {
  return print_with_unit(static_cast<std::uint64_t>(value.count()), kDurationUnits);
}

std::string DurationCodec::expected() const {
  return fmt::format("a duration from {} to {}{}{} (units ms, s, m, h, d)", print(min), print(max),
                     step > Type{1} ? fmt::format(" in steps of {}", print(step)) : "",
                     or_off(zero));
}

std::optional<std::uint64_t> BytesCodec::parse(std::string_view text) const {
  auto split = split_number(text);
  if (!split) return std::nullopt;
  std::ranges::transform(split->unit, split->unit.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const Unit* unit = find_unit(kBinaryUnits, split->unit);
  if (unit == nullptr) unit = find_unit(kDecimalUnits, split->unit);
  if (unit == nullptr) return std::nullopt;
  const auto value = multiply(split->number, unit->factor);
  if (!value || *value > max) return std::nullopt;
  if (*value < min && !(*value == 0 && zero == Zero::off)) return std::nullopt;
  return value;
}

std::string BytesCodec::print(const Type& value) const {
  return print_with_unit(value, kBinaryUnits);
}

std::string BytesCodec::expected() const {
  return fmt::format("a size from {} to {}{} (bytes, or with kb, mb, gb)", print(min), print(max),
                     or_off(zero));
}

std::optional<std::string> OptionalHostCodec::parse(std::string_view text) const {
  if (text.empty()) return std::string();
  const bool is_v6 = text.find(':') != std::string_view::npos;
  const auto address =
      parse_remote_address(is_v6 ? fmt::format("[{}]:1", text) : fmt::format("{}:1", text));
  if (!address || address->host != text) return std::nullopt;
  return address->host;
}

std::optional<std::string> TextCodec::parse(std::string_view text) const {
  if (!is_plain_text(text)) return std::nullopt;
  return std::string(text);
}

std::string ListenAddressCodec::expected() const {
  return "an IP address and port such as 127.0.0.1:6380 or \"[::1]:6380\", or unix:/absolute/path "
         "of at most 107 bytes";
}

std::string RemoteAddressCodec::expected() const {
  return "a host and port such as 10.0.0.1:6379, redis.example.com:6379 or \"[::1]:6379\"";
}

std::optional<std::optional<HostPort>> OptionalBindAddressCodec::parse(
    std::string_view text) const {
  if (text.empty()) return std::optional<Type>(std::in_place, std::nullopt);
  const auto address = parse_bind_address(text);
  if (!address) return std::nullopt;
  return std::optional<Type>(std::in_place, *address);
}

std::string OptionalBindAddressCodec::expected() const {
  return "an IP address and port such as 127.0.0.1:9380 or \"[::1]:9380\", or \"\" for none";
}

}  // namespace slotway::config
