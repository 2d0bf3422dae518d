#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace slotway::server {

/// Which keys the clients of a worker may have in their caches, for CLIENT TRACKING: each key that
/// a tracking client has read, with the ids of all who have.
///
/// Ids of clients that have left stay until their keys change, as in Redis: to look for them would
/// cost more than to find nobody under such an id.
/// https://redis.io/docs/latest/develop/reference/client-side-caching/
class TrackingTable {
 public:
  struct Entry {
    std::string key;
    std::vector<std::uint64_t> clients;  ///< ids, in ascending order
  };

  /// 0, as in the beginning: no limit.
  void limit_to(std::size_t max_keys) noexcept { max_keys_ = max_keys; }

  void remember(std::string_view key, std::uint64_t client);

  /// Forgets a key; the ids of those who had it.
  [[nodiscard]] std::vector<std::uint64_t> take(std::string_view key);

  /// True if there are more keys than the limit allows.
  [[nodiscard]] bool is_overfull() const noexcept {
    return max_keys_ != 0 && index_.size() > max_keys_;
  }
  /// Forgets the key that has not been read for longest. REQUIRES: size() > 0.
  [[nodiscard]] Entry take_oldest();

  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }

 private:
  using Entries = std::list<Entry>;

  std::size_t max_keys_ = 0;
  Entries entries_;                                                // the one read last at the end
  std::unordered_map<std::string_view, Entries::iterator> index_;  // by the key in the entry
};

}  // namespace slotway::server
