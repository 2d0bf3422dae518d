#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slotway::server {

/// A line of INFO: "name:value".
struct InfoField {
  std::string name;
  std::string value;

  friend bool operator==(const InfoField&, const InfoField&) = default;
};

/// "# Name" and the lines up to the next such title.
struct InfoSection {
  std::string name;
  std::vector<InfoField> fields;

  /// Null if there is none.
  [[nodiscard]] InfoField* find(std::string_view field) noexcept;
  [[nodiscard]] const InfoField* find(std::string_view field) const noexcept;
  /// The field, added at the end if there is none.
  [[nodiscard]] InfoField& at(std::string_view field);
};

using InfoSections = std::vector<InfoSection>;

/// Reads the text of INFO; what is no field is left out.
/// https://redis.io/docs/latest/commands/info/
[[nodiscard]] InfoSections parse_info(std::string_view text);

/// The text again, laid out as Redis does.
[[nodiscard]] std::string to_text(const InfoSections& sections);

/// Null if there is none.
[[nodiscard]] InfoSection* find_section(InfoSections& sections, std::string_view name) noexcept;

}  // namespace slotway::server
