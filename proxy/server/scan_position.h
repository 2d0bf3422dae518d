#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/slot.h"

namespace slotway::server {

/// How a node is gone through for the keys of one slot or of several.
enum class ScanPhase : std::uint8_t {
  run,      ///< the slot's owner, for that slot and the settled ones after it
  single,   ///< the slot's owner, for that slot alone: the run has changed meanwhile
  leaving,  ///< likewise; the slot has been seen on its way to another node
  target,   ///< the node the slot moves to, or has moved to, for that slot alone
};

/// Where in the cluster a SCAN stands. All keys of the slots before `slot` have been returned, and
/// so have those of the slots being gone through that the node keeps before `node_cursor`.
///
/// The client's cursor is this and nothing else, so that it means the same to every Slotway:
///
///     bit 63 ...          ... 25 | 24 ...  ... 11 | 10 ... 9 | 8 ... 0
///     the node's own cursor (39) | slot (14)      | phase (2)| mark (9)
///
/// A node's cursor of less than 2^38 keeps the whole below 2^63, for clients that read signed
/// numbers. That is enough: before Redis 7.4 it has as many bits as the node's hash table has,
/// since then (and in Valkey 8) the lower 14 bits are a slot and the others belong to that slot's
/// table.
struct ScanPosition {
  cluster::Slot slot;
  ScanPhase phase = ScanPhase::run;
  /// Tells whether the node cursor belongs to this process and this run of slots (see scan_mark): a
  /// cursor of another process means nothing, since each hashes keys with a seed of its own. 0
  /// before the first page.
  std::uint16_t mark = 0;
  std::uint64_t node_cursor = 0;  ///< 0 before the first page

  static constexpr unsigned kNodeCursorBits = 39;

  friend bool operator==(const ScanPosition&, const ScanPosition&) = default;
};

/// Never "0", which to clients is the end. REQUIRES: the node cursor fits kNodeCursorBits.
[[nodiscard]] std::string to_cursor(const ScanPosition& position);

/// Reads a client's cursor, which may be any 64-bit number; nothing for what Redis calls an invalid
/// one.
[[nodiscard]] std::optional<ScanPosition> parse_cursor(std::string_view text) noexcept;

/// The mark of cursors that belong to one life of a server process (its run_id) and to the slots up
/// to `last`. Nine bits: of 512 restarts in the middle of a scan, one goes unnoticed.
[[nodiscard]] std::uint16_t scan_mark(std::string_view run_id, cluster::Slot last) noexcept;

}  // namespace slotway::server
