#include "server/memory_stats.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "resp/reply_cursor.h"
#include "resp/reply_writer.h"

namespace slotway::server {

namespace {

/// A field: an integer, a fraction, or a database with fields of its own.
struct Field {
  enum class Kind : std::uint8_t { integer, fraction, group };
  std::string name;
  Kind kind = Kind::integer;
  std::int64_t integer = 0;
  double fraction = 0;
  std::vector<Field> fields;
};

std::optional<std::vector<Field>> read_fields(resp::ReplyCursor& reply, std::size_t elements,
                                              int depth);

std::optional<Field> read_field(resp::ReplyCursor& reply, int depth) {
  const auto name = reply.next();
  const auto value = reply.next();
  if (!name || !name->is_string() || !value) return std::nullopt;
  Field field{.name = std::string(name->text)};
  if (value->elements > 0) {
    auto fields = read_fields(reply, value->elements, depth + 1);
    if (!fields) return std::nullopt;
    field.kind = Field::Kind::group;
    field.fields = std::move(*fields);
  } else if (value->type == ':') {
    const char* const end = value->text.data() + value->text.size();
    if (std::from_chars(value->text.data(), end, field.integer).ptr != end) return std::nullopt;
  } else {
    field.kind = Field::Kind::fraction;
    const std::string text(value->text);
    char* end = nullptr;
    field.fraction = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0') return std::nullopt;
  }
  return field;
}

std::optional<std::vector<Field>> read_fields(resp::ReplyCursor& reply, std::size_t elements,
                                              int depth) {
  constexpr int kDeepest = 2;
  if (elements % 2 != 0 || depth > kDeepest) return std::nullopt;
  std::vector<Field> fields;
  for (std::size_t pair = 0; pair < elements / 2; ++pair) {
    auto field = read_field(reply, depth);
    if (!field) return std::nullopt;
    fields.push_back(std::move(*field));
  }
  return fields;
}

void add(std::vector<Field>& sums, const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    const auto known = std::ranges::find(sums, field.name, &Field::name);
    if (known == sums.end()) {
      sums.push_back(field);
    } else {
      known->integer += field.integer;
      known->fraction += field.fraction;
      add(known->fields, field.fields);
    }
  }
}

double sum_of(const std::vector<Field>& sums, std::string_view name) {
  const auto found = std::ranges::find(sums, name, &Field::name);
  return found == sums.end() ? 0 : static_cast<double>(found->integer);
}

using Fields = std::vector<Field>;

double quotient(double dividend, double divisor) { return divisor == 0 ? 0 : dividend / divisor; }

/// How a ratio follows from the sums.
struct Ratio {
  std::string_view name;
  double (*calculate)(const Fields& sums);
};
constexpr std::array<Ratio, 7> kRatios{{
    {"keys.bytes-per-key",
     [](const Fields& s) {
       return quotient(sum_of(s, "total.allocated") - sum_of(s, "startup.allocated"),
                       sum_of(s, "keys.count"));
     }},
    {"dataset.percentage",
     [](const Fields& s) {
       return 100 * quotient(sum_of(s, "dataset.bytes"),
                             sum_of(s, "total.allocated") - sum_of(s, "startup.allocated"));
     }},
    {"peak.percentage",
     [](const Fields& s) {
       return 100 * quotient(sum_of(s, "total.allocated"), sum_of(s, "peak.allocated"));
     }},
    {"allocator-fragmentation.ratio",
     [](const Fields& s) {
       return quotient(sum_of(s, "allocator.active"), sum_of(s, "allocator.allocated"));
     }},
    {"allocator-rss.ratio",
     [](const Fields& s) {
       return quotient(sum_of(s, "allocator.resident"), sum_of(s, "allocator.active"));
     }},
    {"rss-overhead.ratio",
     [](const Fields& s) {
       return quotient(sum_of(s, "allocator.resident") + sum_of(s, "rss-overhead.bytes"),
                       sum_of(s, "allocator.resident"));
     }},
    {"fragmentation",
     [](const Fields& s) {
       return quotient(sum_of(s, "total.allocated") + sum_of(s, "fragmentation.bytes"),
                       sum_of(s, "total.allocated"));
     }},
}};

void calculate_ratios(Fields& sums, std::size_t replies) {
  for (Field& field : sums) {
    const auto* const ratio = std::ranges::find(kRatios, field.name, &Ratio::name);
    if (ratio != kRatios.end()) {
      field.fraction = ratio->calculate(sums);
      if (field.kind == Field::Kind::integer) {
        field.integer = static_cast<std::int64_t>(field.fraction);
      }
    } else {
      field.fraction /= static_cast<double>(replies);
    }
  }
}

void write(resp::ReplyWriter& reply, const Fields& fields) {
  reply.map(fields.size());
  for (const Field& field : fields) {
    reply.bulk(field.name);
    switch (field.kind) {
      case Field::Kind::integer:
        reply.integer(field.integer);
        break;
      case Field::Kind::fraction:
        reply.number(field.fraction);
        break;
      case Field::Kind::group:
        write(reply, field.fields);
        break;
    }
  }
}

}  // namespace

std::optional<std::string> merge_memory_stats(std::span<const std::string_view> replies,
                                              int protocol) {
  Fields sums;
  for (const std::string_view bytes : replies) {
    resp::ReplyCursor reply(bytes);
    const auto outer = reply.next();
    if (!outer) return std::nullopt;
    const auto fields = read_fields(reply, outer->elements, 0);
    if (!fields) return std::nullopt;
    add(sums, *fields);
  }
  calculate_ratios(sums, replies.size());
  resp::ReplyWriter reply(protocol);
  write(reply, sums);
  return reply.take();
}

}  // namespace slotway::server
