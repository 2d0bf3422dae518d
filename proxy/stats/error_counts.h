#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace slotway::stats {

/// Error replies by their first word (ERR, WRONGTYPE, CROSSSLOT, ...), as INFO errorstats of Redis
/// has them. One worker counts, any thread reads. There is a lock because the words are not known
/// beforehand; it is taken for error replies and readers only.
class ErrorCounts {
 public:
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;

  /// Scripts can make up words: beyond so many new ones are counted together as kOther.
  static constexpr std::size_t kMostWords = 128;
  static constexpr std::string_view kOther = "OTHER";

  /// `reply` is an error frame of either protocol, or the text of one.
  void add(std::string_view reply) {
    const std::string_view word = first_word(reply);
    const std::lock_guard lock(mutex_);
    if (const auto known = counts_.find(word); known != counts_.end()) {
      ++known->second;
    } else {
      ++counts_[std::string(counts_.size() < kMostWords ? word : kOther)];
    }
  }

  [[nodiscard]] Counts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  static std::string_view first_word(std::string_view reply) noexcept {
    if (reply.starts_with('!')) {  // "!21\r\nERR ..."
      reply.remove_prefix(std::min(reply.size(), reply.find('\n') + 1));
    } else if (reply.starts_with('-')) {
      reply.remove_prefix(1);
    }
    return reply.substr(0, reply.find_first_of(" \r\n"));
  }

  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace slotway::stats
