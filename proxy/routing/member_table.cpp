#include "routing/member_table.h"

#include <bit>
#include <cstring>
#include <random>

namespace slotway::routing {

namespace {

std::uint64_t process_seed() {
  static const std::uint64_t kSeed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
  }();
  return kSeed;
}

__extension__ using Wide = unsigned __int128;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Eight bytes at a time, folded by multiplication.
std::uint32_t hash_of(std::string_view text, std::uint64_t seed) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::uint64_t hash = seed ^ (text.size() * kOdd);
  while (text.size() > 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = mix(hash ^ word, seed | 1U);
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  if (!text.empty()) std::memcpy(&word, text.data(), text.size());
  hash = mix(hash ^ word, kOdd ^ seed);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

}  // namespace

MemberTable::MemberTable(std::size_t expected)
    : places_(std::bit_ceil(expected < 8 ? std::size_t{16} : 2 * expected)) {
  members_.reserve(expected);
}

std::size_t MemberTable::place_of(std::string_view member, std::uint32_t hash) const noexcept {
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash & mask;
  while (places_[at].number != kNone &&
         (places_[at].hash != hash || members_[places_[at].number] != member)) {
    at = (at + 1) & mask;
  }
  return at;
}

MemberTable::Added MemberTable::add(std::string_view member) {
  const std::uint32_t hash = hash_of(member, process_seed());
  std::size_t at = place_of(member, hash);
  if (places_[at].number != kNone) return {places_[at].number, false};
  if (2 * (members_.size() + 1) > places_.size()) {
    grow();
    at = place_of(member, hash);
  }
  const auto number = static_cast<std::uint32_t>(members_.size());
  places_[at] = {hash, number};
  members_.push_back(member);
  return {number, true};
}

std::uint32_t MemberTable::find(std::string_view member) const noexcept {
  return places_[place_of(member, hash_of(member, process_seed()))].number;
}

void MemberTable::grow() {
  std::vector<Place> old(places_.size() * 2);
  old.swap(places_);
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : old) {
    if (place.number == kNone) continue;
    std::size_t at = place.hash & mask;
    while (places_[at].number != kNone) at = (at + 1) & mask;
    places_[at] = place;
  }
}

}  // namespace slotway::routing
