#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace slotway::admin {

using ExpositionLabels = std::map<std::string, std::string>;

/// The text exposition format 0.0.4 read back, strictly: what a Prometheus server would refuse or
/// warn of is in `faults`, one sentence each.
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct Exposition {
  struct Sample {
    std::string name;
    ExpositionLabels labels;
    double value = 0;
  };
  struct Family {
    std::string help;
    std::string type;
  };

  std::map<std::string, Family> families;
  std::vector<Sample> samples;
  std::vector<std::string> faults;

  [[nodiscard]] std::optional<double> value(const std::string& name,
                                            const ExpositionLabels& labels = {}) const;
  /// Every sample of that name, in order.
  [[nodiscard]] std::vector<Sample> all(const std::string& name) const;
};

[[nodiscard]] Exposition parse_exposition(const std::string& text);

}  // namespace slotway::admin
