// Prints proxy/COMMANDS.md; scripts/generate-commands puts it there.

#include "support/command_document.h"

#include <cstdio>

int main() {
  using namespace slotway;
  const auto outcomes = test::command_outcomes(*command::CommandTable::built_in());
  const std::string text = test::command_document(outcomes);
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
