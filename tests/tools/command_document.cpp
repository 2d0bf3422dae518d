// Prints proxy/COMMANDS.md; scripts/generate-commands puts it there.

#include "support/command_document.h"

#include <cstdio>

int main() {
  const auto commands = slotway::command::CommandTable::built_in();
  const std::string text =
      slotway::test::command_document(slotway::test::command_outcomes(*commands));
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
