#include "server/client_facts.h"

#include <fmt/format.h>

#include "server/client_state.h"

namespace slotway::server {

namespace {

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;

// As in ClientFlag, from the lowest bit.
constexpr std::string_view kFlagLetters = "OPxbtRBdcUeT";

std::string letters_of(std::uint16_t flags) {
  std::string letters;
  for (std::size_t bit = 0; bit < kFlagLetters.size(); ++bit) {
    if ((flags >> bit & 1U) != 0) letters.push_back(kFlagLetters[bit]);
  }
  return letters.empty() ? "N" : letters;
}

std::string_view events_of(const ClientFacts& facts) noexcept {
  if (facts.reading) return facts.writing ? "rw" : "r";
  return facts.writing ? "w" : "";
}

void add_name(ClientFacts& facts, const session::ClientDetails* details) {
  if (details == nullptr) return;
  facts.name = details->name;
  facts.library_name = details->library_name;
  facts.library_version = details->library_version;
}

// EXEC of watched keys and the like keep a client waiting as well, but for no longer than any
// command.
bool may_block(const command::Command& command) noexcept {
  return command.has(command::Flag::blocking) || command.name.starts_with("wait");
}

void add_flags(ClientFacts& facts, const session::ClientSession& session, bool is_unix) {
  if (session.paused_for(session::Pause::closing)) facts.set(ClientFlag::closing);
  if (is_unix) facts.set(ClientFlag::unix_socket);
  if (session.no_evict) facts.set(ClientFlag::no_evict);
  if (session.no_touch) facts.set(ClientFlag::no_touch);
}

}  // namespace

ClientFacts facts_of(session::ClientSession& session, const command::CommandTable& commands,
                     std::uint64_t now_ns) {
  const net::Transport& transport = session.transport();
  ClientFacts facts{.id = session.id(),
                    .address = transport.peer_address(),
                    .local_address = transport.local_address(),
                    .descriptor = transport.descriptor(),
                    .usage = session.usage(),
                    .reading = session.is_reading(),
                    .writing = session.is_writing(),
                    .protocol = session.protocol};
  facts.age_s = static_cast<std::int64_t>(now_ns / kNanosecondsPerSecond) - session.opened_s();
  facts.idle_s = static_cast<std::int64_t>((now_ns - session.read_at_ns()) / kNanosecondsPerSecond);
  if (session.last_command != command::kNoCommand) {
    const command::Command& last = commands.at(session.last_command);
    facts.command = last.name;
    if (session.paused_for(session::Pause::blocked) && may_block(last)) {
      facts.set(ClientFlag::blocked);
    }
  }
  add_name(facts, session.known_details());
  add_flags(facts, session, transport.is_unix());
  if (const ClientState* state = ClientState::find(session)) state->describe(facts);
  return facts;
}

std::string to_line(const ClientFacts& facts) {
  const session::SessionUsage& usage = facts.usage;
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db=0 sub={} psub={} ssub={} "
      "multi={} qbuf={} qbuf-free={} argv-mem=0 multi-mem={} rbs=0 rbp=0 obl=0 oll={} omem={} "
      "tot-mem={} events={} cmd={} user=default redir={} resp={} lib-name={} lib-ver={}\n",
      facts.id, facts.address, facts.local_address, facts.descriptor, facts.name, facts.age_s,
      facts.idle_s, letters_of(facts.flags), facts.channels, facts.patterns, facts.shard_channels,
      facts.queued, usage.input, usage.input_free, facts.queued_bytes, usage.output_chunks,
      usage.output_memory, usage.total + facts.queued_bytes, events_of(facts),
      facts.command.empty() ? "NULL" : facts.command, facts.redirect, facts.protocol,
      facts.library_name, facts.library_version);
}

}  // namespace slotway::server
