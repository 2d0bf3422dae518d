#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/load.h"

/// So that a failed comparison of errors shows them.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += "\n  " + line;
    return text.c_str();
  }
};

namespace slotway::config {

/// The file "t.yaml" and nothing else.
inline Sources from_yaml(std::string text) {
  Sources sources;
  sources.file = ConfigText{"t.yaml", std::move(text)};
  return sources;
}

/// What load() says of the sources, one line per error; empty if it is content.
inline std::vector<std::string> errors_of(const Sources& sources) {
  std::vector<std::string> lines;
  if (const auto settings = load(sources); !settings) {
    for (const ConfigError& error : settings.error()) lines.push_back(to_string(error));
  }
  return lines;
}

inline std::vector<std::string> errors_of(std::string yaml) {
  return errors_of(from_yaml(std::move(yaml)));
}

/// YAML lines that satisfy the rule that seeds are needed.
inline const std::string kSeeds = "cluster: {seeds: [\"10.0.0.1:7000\"]}\n";

}  // namespace slotway::config
