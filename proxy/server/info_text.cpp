#include "server/info_text.h"

#include <algorithm>

namespace slotway::server {

InfoField* InfoSection::find(std::string_view field) noexcept {
  const auto found = std::ranges::find(fields, field, &InfoField::name);
  return found == fields.end() ? nullptr : &*found;
}

const InfoField* InfoSection::find(std::string_view field) const noexcept {
  const auto found = std::ranges::find(fields, field, &InfoField::name);
  return found == fields.end() ? nullptr : &*found;
}

InfoField& InfoSection::at(std::string_view field) {
  if (InfoField* known = find(field)) return *known;
  return fields.emplace_back(std::string(field), std::string());
}

InfoSections parse_info(std::string_view text) {
  InfoSections sections;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("# ")) {
      sections.push_back({.name = std::string(line.substr(2))});
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || sections.empty()) continue;
    sections.back().fields.emplace_back(std::string(line.substr(0, colon)),
                                        std::string(line.substr(colon + 1)));
  }
  return sections;
}

std::string to_text(const InfoSections& sections) {
  std::string text;
  for (const InfoSection& section : sections) {
    if (!text.empty()) text.append("\r\n");
    text.append("# ").append(section.name).append("\r\n");
    for (const InfoField& field : section.fields) {
      text.append(field.name).append(":").append(field.value).append("\r\n");
    }
  }
  return text;
}

InfoSection* find_section(InfoSections& sections, std::string_view name) noexcept {
  const auto found = std::ranges::find(sections, name, &InfoSection::name);
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace slotway::server
