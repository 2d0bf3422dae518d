#include "unit/admin/exposition.h"

#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace slotway::admin {
namespace {

// The family a sample belongs to: histograms add suffixes to their name.
std::string family_of(const Exposition& exposition, const std::string& sample_name) {
  if (exposition.families.contains(sample_name)) return sample_name;
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample_name.ends_with(suffix)) continue;
    const std::string base = sample_name.substr(0, sample_name.size() - suffix.size());
    const auto family = exposition.families.find(base);
    if (family != exposition.families.end() && family->second.type == "histogram") return base;
  }
  return {};
}

std::string unescape(const std::string& escaped) {
  std::string plain;
  for (std::size_t index = 0; index < escaped.size(); ++index) {
    if (escaped[index] != '\\') {
      plain += escaped[index];
    } else {
      ++index;
      plain += escaped[index] == 'n' ? '\n' : escaped[index];
    }
  }
  return plain;
}

std::optional<ExpositionLabels> parse_labels(std::string text) {
  static const std::regex kLabel(R"re(^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)",?)re");
  ExpositionLabels labels;
  std::smatch match;
  while (!text.empty()) {
    if (!std::regex_search(text, match, kLabel)) return std::nullopt;
    if (!labels.emplace(match[1], unescape(match[2])).second) return std::nullopt;
    text = match.suffix();
  }
  return labels;
}

void parse_sample(Exposition& exposition, const std::string& line) {
  static const std::regex kSample(
      R"(^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([+-]?(?:Inf|[0-9.]+(?:e[+-]?[0-9]+)?))$)");
  std::smatch match;
  if (!std::regex_match(line, match, kSample)) {
    exposition.faults.push_back("no sample line: " + line);
    return;
  }
  auto labels = parse_labels(match[2]);
  if (!labels) {
    exposition.faults.push_back("broken or doubled labels: " + line);
    return;
  }
  const std::string family = family_of(exposition, match[1]);
  if (family.empty()) exposition.faults.push_back("a sample before its TYPE: " + line);
  exposition.samples.push_back(
      {match[1], std::move(*labels), std::strtod(match.str(3).c_str(), nullptr)});
}

void parse_comment(Exposition& exposition, const std::string& line) {
  static const std::regex kComment(R"(^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$)");
  std::smatch match;
  if (!std::regex_match(line, match, kComment)) {
    exposition.faults.push_back("no HELP or TYPE line: " + line);
    return;
  }
  Exposition::Family& family = exposition.families[match[2]];
  std::string& field = match[1] == "HELP" ? family.help : family.type;
  if (!field.empty()) exposition.faults.push_back("said twice: " + line);
  field = match[3];
}

}  // namespace

std::optional<double> Exposition::value(const std::string& name,
                                        const ExpositionLabels& labels) const {
  for (const Sample& sample : samples) {
    if (sample.name == name && sample.labels == labels) return sample.value;
  }
  return std::nullopt;
}

std::vector<Exposition::Sample> Exposition::all(const std::string& name) const {
  std::vector<Sample> found;
  for (const Sample& sample : samples) {
    if (sample.name == name) found.push_back(sample);
  }
  return found;
}

Exposition parse_exposition(const std::string& text) {
  Exposition exposition;
  if (!text.ends_with('\n')) exposition.faults.emplace_back("the last line has no end");
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    line.starts_with('#') ? parse_comment(exposition, line) : parse_sample(exposition, line);
  }
  std::set<std::pair<std::string, ExpositionLabels>> seen;
  for (const Exposition::Sample& sample : exposition.samples) {
    if (!seen.emplace(sample.name, sample.labels).second) {
      exposition.faults.push_back("two samples of one series: " + sample.name);
    }
  }
  for (const auto& [name, family] : exposition.families) {
    if (family.help.empty()) exposition.faults.push_back("no HELP for " + name);
    if (family.type.empty()) exposition.faults.push_back("no TYPE for " + name);
    if ((family.type == "counter") != name.ends_with("_total")) {
      exposition.faults.push_back("counters, and only they, end in _total: " + name);
    }
  }
  return exposition;
}

}  // namespace slotway::admin
