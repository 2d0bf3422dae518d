#include "config/load.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "unit/config/load_helpers.h"

namespace slotway::config {

using Lines = std::vector<std::string>;

namespace {

/// A file in the temporary folder that goes away with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "slotway-test-XXXXXX").string();
    const int fd = mkstemp(pattern.data());
    REQUIRE(fd >= 0);
    close(fd);
    path_ = pattern;
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("the command line overrules the environment, which overrules the file") {
  Sources sources = from_yaml("workers: 1\nlog: {level: debug}\ncluster: {seeds: [file:1]}\n");
  CHECK(load(sources)->workers == 1);
  sources.environment = {{"SLOTWAY_WORKERS", "2"}, {"SLOTWAY_CLUSTER_SEEDS", "environment:1,b:2"}};
  CHECK(load(sources)->workers == 2);
  sources.options = {{"--workers", {"3"}}, {"--seed", {"option:1"}}};
  const auto settings = load(sources);
  CHECK(settings->workers == 3);
  CHECK(settings->cluster.seeds == std::vector<HostPort>{{"option", 1}});  // replaced, not joined
  CHECK(settings->log.level == LogLevel::debug);
  CHECK(settings->limits == LimitSettings{});
}

TEST_CASE("an option that is repeated makes a list, and a comma in it is no separator") {
  Sources sources = from_yaml(kSeeds);
  sources.options = {{"--listen", {"127.0.0.1:1", "unix:/a,b"}}};
  CHECK(load(sources)->listen ==
        std::vector<ListenAddress>{HostPort{"127.0.0.1", 1}, UnixPath{"/a,b"}});
}

TEST_CASE("a bad value of the command line names its option") {
  Sources sources = from_yaml(kSeeds);
  sources.options = {{"--log-level", {"loud"}}};
  CHECK(errors_of(sources) == Lines{"--log-level: log.level is \"loud\", expected one of trace, "
                                    "debug, info, warning, error"});
  sources.options = {{"--nonsense", {"1"}}};
  CHECK(errors_of(sources).size() == 1);
}

TEST_CASE("the errors of all sources come at once, and an overruled value must be right too") {
  Sources sources = from_yaml(kSeeds + "workers: many\n");
  sources.environment = {{"SLOTWAY_WORKERS", "some"}, {"SLOTWAY_NONSENSE", "1"}};
  sources.options = {{"--workers", {"4"}}, {"--admin", {"nowhere"}}};
  const auto errors = errors_of(sources);
  REQUIRE(errors.size() == 4);
  CHECK(errors[0].starts_with("t.yaml:2:10: workers is "));
  CHECK(errors[1].starts_with("SLOTWAY_NONSENSE: "));
  CHECK(errors[2].starts_with("SLOTWAY_WORKERS: workers is "));
  CHECK(errors[3].starts_with("--admin: admin is "));
}

TEST_CASE("a configuration file is read with its name, or says why it cannot be") {
  const TemporaryFile file("workers: 4\n");
  const auto text = read_config_file(file.path());
  REQUIRE(text.has_value());
  CHECK(text->name == file.path());
  CHECK(text->text == "workers: 4\n");

  const auto error_of = [](const std::string& path) {
    return to_string(read_config_file(path).error());
  };
  CHECK(error_of("/nonexistent/x") ==
        "/nonexistent/x: cannot read the configuration: No such file or directory, expected a "
        "readable file");
  CHECK(error_of("/tmp") ==
        "/tmp: cannot read the configuration: Is a directory, expected a readable file");
  const TemporaryFile huge(std::string(1'048'577, '#'));
  CHECK(error_of(huge.path()).find("larger than 1048576 bytes") != std::string::npos);
  CHECK(error_of("/dev/zero").find("larger than 1048576 bytes") != std::string::npos);
}

TEST_CASE("a password file gives the password without the line break at its end") {
  for (const char* content : {"s3cret", "s3cret\n", "s3cret\r\n"}) {
    const TemporaryFile file(content);
    const auto settings =
        load(from_yaml("cluster:\n  seeds: [a:1]\n  username: app\n  "
                       "password_file: " +
                       file.path() + "\n"));
    REQUIRE(settings.has_value());
    CHECK(settings->cluster.password == "s3cret");
    CHECK(settings->cluster.password_file == file.path());
  }
}

TEST_CASE("a password file that holds no password, or cannot be read, is refused") {
  const auto error_of = [](const std::string& path) {
    const auto errors =
        errors_of("cluster:\n  seeds: [a:1]\n  password_file: \"" + path + "\"\nworkers: many\n");
    REQUIRE(errors.size() == 2);  // with everything else that is wrong
    CHECK(errors[1].starts_with("t.yaml:3:18: cluster.password_file \""));
    return errors[1];
  };
  for (const char* content : {"", "\n", "geheim\n\n", "geheim\nsecond\n", "geheim\xff"}) {
    const TemporaryFile file(content);
    const std::string error = error_of(file.path());
    CHECK(error.find("holds no password") != std::string::npos);
    CHECK(error.find("geheim") == std::string::npos);
  }
  CHECK(error_of("/nonexistent").find("No such file or directory") != std::string::npos);
  CHECK(error_of("/dev/zero").find("larger than 4096 bytes") != std::string::npos);
}

}  // namespace slotway::config
