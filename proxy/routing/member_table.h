#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace slotway::routing {

/// Members of sets, numbered from 0 in the order in which they were first added. The texts stay
/// where they are; what they are views of must outlive the table.
///
/// Open addressing over numbers, because a reply of a megabyte has a hundred thousand members and
/// the worker's other clients wait meanwhile. The hash is seeded per process: whoever fills the
/// sets must not be able to choose members that collide.
class MemberTable {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit MemberTable(std::size_t expected = 0);

  struct Added {
    std::uint32_t number;
    bool is_new;
  };
  Added add(std::string_view member);

  /// kNone if it has not been added.
  [[nodiscard]] std::uint32_t find(std::string_view member) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] const std::vector<std::string_view>& members() const noexcept { return members_; }

 private:
  struct Place {
    std::uint32_t hash = 0;
    std::uint32_t number = kNone;
  };

  /// The place of a member, or the free one where it would be.
  [[nodiscard]] std::size_t place_of(std::string_view member, std::uint32_t hash) const noexcept;
  void grow();

  std::vector<std::string_view> members_;
  std::vector<Place> places_;  // as many as a power of two, at most half of them taken
};

}  // namespace slotway::routing
