#include "server/transaction.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace slotway::server {

namespace {

constexpr std::string_view kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr std::string_view kExec = "*1\r\n$4\r\nEXEC\r\n";

// Slotway has code of its own for these, which a single node does as well.
constexpr std::array<std::string_view, 6> kForAnyNode{"command", "echo",    "ping",
                                                      "time",    "unwatch", "wait"};

// Their handlers answer at once.
constexpr std::array<std::string_view, 10> kForSlotway{
    "acl|whoami",          "client|getname",  "client|getredir", "client|id",
    "client|no-evict",     "client|no-touch", "client|setinfo",  "client|setname",
    "client|trackinginfo", "select"};

bool contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

WithinMulti within_multi(const command::Command& command) noexcept {
  using command::Route;
  switch (command.route) {
    case Route::by_key:
    case Route::split:
    case Route::any_shard:
      return WithinMulti::by_node;
    case Route::all_shards:
    case Route::all_nodes:
    case Route::refused:
      return WithinMulti::refused;
    case Route::handler:
      break;
  }
  if (contains(kForSlotway, command.name)) return WithinMulti::by_slotway;
  if (contains(kForAnyNode, command.name)) return WithinMulti::by_node;
  // The keys of a SSUBSCRIBE are channels, and it would change the connection.
  const bool has_keys = !command.key_specs.empty() && !command.has(command::Flag::pubsub);
  return has_keys ? WithinMulti::by_node : WithinMulti::refused;
}

Transaction::Transaction(std::size_t limit_bytes)
    : limit_bytes_(std::min<std::size_t>(
          limit_bytes, std::numeric_limits<std::uint32_t>::max() - kMulti.size() - kExec.size())),
      block_(kMulti) {}

bool Transaction::has_room(std::size_t size) {
  if (bytes() + size <= limit_bytes_) return true;
  fail();
  return false;
}

// A transaction that has failed is not worth the memory.
bool Transaction::queue(std::string_view request, bool reads_only) {
  if (has_failed_) return true;
  if (!has_room(request.size())) return false;
  block_.append(request);
  ++node_commands_;
  reads_only_ = reads_only_ && reads_only;
  return true;
}

bool Transaction::queue_own(std::string_view request) {
  if (has_failed_) return true;
  if (!has_room(request.size() + sizeof(OwnCommand))) return false;
  own_bytes_ += request.size() + sizeof(OwnCommand);
  own_.push_back({commands(), std::string(request)});
  return true;
}

void Transaction::fail() noexcept {
  has_failed_ = true;
  block_ = std::string();
  own_ = {};
  own_bytes_ = node_commands_ = 0;
}

bool Transaction::agrees_on(cluster::Slot slot) noexcept {
  if (!slot_) slot_ = slot;
  return *slot_ == slot;
}

std::string_view Transaction::block() {
  if (!std::exchange(is_complete_, true)) block_.append(kExec);
  return block_;
}

}  // namespace slotway::server
