#include "command/command_facts.h"

namespace slotway::command {

namespace {

using facts::anywhere;
using facts::index;
using facts::keynum;
using facts::keyword;
using facts::range;
using facts::unknown;

constexpr CommandFacts kServerFacts[] = {
#include "command/builtin_commands.inc"
};

constexpr CommandFacts kNewerFacts[] = {
#include "command/newer_commands.inc"
};

}  // namespace

std::span<const CommandFacts> server_facts() noexcept { return kServerFacts; }

std::span<const CommandFacts> newer_facts() noexcept { return kNewerFacts; }

}  // namespace slotway::command
