#include "command/name_index.h"

#include <algorithm>

#include "command/ascii.h"

namespace slotway::command {

namespace {

// Enough for a perfect hash of more than 600 names; with more, the best of them has to do.
constexpr int kSeedsToTry = 4096;

bool only_letters(std::string_view name) noexcept {
  return std::ranges::all_of(name, [](char c) {
    const char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
  });
}

/// splitmix64: a fixed sequence of well mixed numbers, so that each start builds the same table.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

}  // namespace

std::size_t NameIndex::Hash::operator()(std::string_view name) const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(ascii_lower(c))) * 0x100000001b3;
  }
  return hash;
}

bool NameIndex::Equal::operator()(std::string_view a, std::string_view b) const noexcept {
  return equal_ignoring_case(a, b);
}

NameIndex::NameIndex(std::span<const Command> commands) : entries_(1) {
  for (const Command& command : commands) {
    const std::string& name = command.name;
    if (name.find('|') != std::string::npos) continue;  // found through its container
    if (name.size() >= kShortest && name.size() <= kLongest) {
      const std::size_t size = name.size() + (only_letters(name) ? 0 : kSpelled);
      entries_.push_back({load_any(name), size, &command});
    } else {
      map_.emplace(name, &command);
    }
  }
  choose_seed();
  move_homeless_to_map();
}

NameIndex::Words NameIndex::load_any(std::string_view name) noexcept {
  if (name.size() >= 8) return load<std::uint64_t>(name);
  if (name.size() >= 4) return load<std::uint32_t>(name);
  return load<std::uint16_t>(name);
}

std::size_t NameIndex::fill(std::uint64_t seed) {
  seed_ = seed;
  buckets_.fill(0);
  std::size_t homeless = 0;
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    std::uint16_t& bucket = buckets_[bucket_of(entries_[i].words, seed)];
    if (bucket == 0) {
      bucket = static_cast<std::uint16_t>(i);
    } else {
      ++homeless;
    }
  }
  return homeless;
}

void NameIndex::choose_seed() {
  std::uint64_t state = 0;
  std::uint64_t best_seed = 1;
  std::size_t fewest = entries_.size();
  for (int attempt = 0; attempt < kSeedsToTry && fewest > 0; ++attempt) {
    const std::uint64_t seed = next_random(state) | 1;
    const std::size_t homeless = fill(seed);
    if (homeless < fewest) {
      fewest = homeless;
      best_seed = seed;
    }
  }
  fill(best_seed);
}

void NameIndex::move_homeless_to_map() {
  for (std::size_t i = 1; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (buckets_[bucket_of(entry.words, seed_)] != i)
      map_.emplace(entry.command->name, entry.command);
  }
}

const Command* NameIndex::find_spelled(std::string_view name, const Entry& entry) const noexcept {
  if (entry.size == name.size() + kSpelled && equal_ignoring_case(entry.command->name, name)) {
    return entry.command;
  }
  return find_in_map(name);
}

const Command* NameIndex::find_in_map(std::string_view name) const noexcept {
  const auto found = map_.find(name);
  return found == map_.end() ? nullptr : found->second;
}

}  // namespace slotway::command
