#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>

#include "config/load.h"
#include "config/setting_table.h"
#include "config/yaml_source.h"
#include "support/repository.h"
#include "unit/config/load_helpers.h"

namespace slotway::config {

namespace {

/// A file of the repository's config folder.
ConfigText repository_file(const std::string& name) {
  auto text = read_config_file((slotway::test::repository() / "config" / name).string());
  REQUIRE(text.has_value());
  return *std::move(text);
}

}  // namespace

TEST_CASE("config/slotway.yaml mentions every setting with its default") {
  Sources sources;
  sources.file = repository_file("slotway.yaml");

  std::set<std::string_view> mentioned;
  for (const auto& assignment : read_yaml(sources.file->text, "").assignments) {
    mentioned.insert(assignment.setting->path);
  }
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.path);
    CHECK(mentioned.contains(setting.path));
  }

  auto settings = load(sources);
  REQUIRE(settings.has_value());
  CHECK_FALSE(settings->cluster.seeds.empty());  // the one setting without a default
  settings->cluster.seeds.clear();
  CHECK(*settings == Settings{});
}

TEST_CASE("the example configurations are right") {
  Sources minimal;
  minimal.file = repository_file("examples/minimal.yaml");
  CHECK(errors_of(minimal).empty());

  // Its password comes from a mounted secret, which is the one thing that is missing here.
  Sources kubernetes;
  kubernetes.file = repository_file("examples/kubernetes.yaml");
  const auto errors = errors_of(kubernetes);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].find("cluster.password_file") != std::string::npos);
  CHECK(errors[0].find("No such file or directory") != std::string::npos);
}

}  // namespace slotway::config
