#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "command/command.h"
#include "resp/request_view.h"

namespace slotway::server {

/// A request that took long, as SLOWLOG GET shows it.
/// https://redis.io/docs/latest/commands/slowlog-get/
struct SlowLogEntry {
  std::uint64_t id = 0;  ///< grows with time over all workers
  std::int64_t unix_time_s = 0;
  std::int64_t microseconds = 0;
  std::string arguments;  ///< an array of bulk strings: shown_arguments()
  std::string address;
  std::string name;
};

/// A request's arguments as Redis keeps them for its slow log (slowlogCreateEntry in slowlog.c): at
/// most 32, each of at most 128 bytes, with notes of what is left out, and no secrets. An encoded
/// array.
[[nodiscard]] std::string shown_arguments(const command::Command& command,
                                          const resp::RequestView& request);

/// The slow requests of one worker, at most as many as Redis' slowlog-max-len.
class SlowLog {
 public:
  void add(SlowLogEntry entry, std::size_t max_length);
  void clear() noexcept { entries_.clear(); }

  /// The newest, newest first.
  [[nodiscard]] std::vector<SlowLogEntry> newest(std::size_t count) const;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::deque<SlowLogEntry> entries_;  // oldest first
};

}  // namespace slotway::server
