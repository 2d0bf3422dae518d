// Whatever stands in a configuration file, it is refused with a place, or printed and read again as
// the same settings.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/load.h"
#include "config/print.h"
#include "support/expect.h"

using slotway::config::ConfigText;
using slotway::config::Sources;
using slotway::test::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  // Files that are named would be read: devices and pipes among them.
  if (text.contains("_file") || text.contains("password")) return 0;
  Sources sources;
  sources.file = ConfigText{"fuzz.yaml", text};
  const auto settings = slotway::config::load(sources);
  if (!settings) {
    expect(!settings.error().empty(), "a refusal has errors");
    for (const auto& error : settings.error()) {
      expect(!to_string(error).empty(), "which are told in words");
    }
    return 0;
  }
  Sources printed;
  printed.file = ConfigText{"printed.yaml", slotway::config::to_yaml(*settings)};
  const auto again = slotway::config::load(printed);
  expect(again.has_value(), "what is printed can be read");
  expect(*again == *settings, "and says the same");
  return 0;
}
