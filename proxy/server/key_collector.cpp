#include "server/key_collector.h"

#include <functional>
#include <utility>

#include "resp/encoder.h"
#include "resp/length.h"

namespace slotway::server {

void KeyCollector::add(std::string_view key) {
  if (overflown_) return;
  if (2 * (count_ + 1) > table_.size()) grow();
  std::size_t& place = place_of(key);
  if (place != kEmpty) return;
  place = elements_.size() + 1;
  resp::append_bulk(elements_, key);
  ++count_;
  overflown_ = elements_.size() > limit_bytes_;
}

std::string KeyCollector::take_reply() {
  std::string reply;
  reply.reserve(elements_.size() + 16);
  resp::append_array_header(reply, count_);
  reply.append(std::exchange(elements_, {}));
  return reply;
}

std::string_view KeyCollector::key_at(std::size_t offset) const noexcept {
  const std::string_view frame = std::string_view(elements_).substr(offset + 1);
  const resp::Length length = resp::read_length(frame);
  return frame.substr(length.consumed, static_cast<std::size_t>(length.value));
}

std::size_t& KeyCollector::place_of(std::string_view key) noexcept {
  std::size_t index = std::hash<std::string_view>{}(key) & (table_.size() - 1);
  while (table_[index] != kEmpty && key_at(table_[index] - 1) != key) {
    index = (index + 1) & (table_.size() - 1);
  }
  return table_[index];
}

void KeyCollector::grow() {
  const std::vector<std::size_t> smaller = std::exchange(
      table_, std::vector<std::size_t>(table_.empty() ? kSmallestTable : 2 * table_.size()));
  for (const std::size_t place : smaller) {
    if (place != kEmpty) place_of(key_at(place - 1)) = place;
  }
}

}  // namespace slotway::server
