#include "routing/hyperloglog.h"

#include <cmath>
#include <limits>

namespace slotway::routing {

namespace {

// "HYLL", one byte for the encoding, three unused, and eight for a cached count.
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kEncodingAt = 4;
constexpr std::uint8_t kDense = 0;
constexpr std::uint8_t kSparse = 1;

constexpr unsigned kBitsPerRegister = 6;
constexpr int kHashBits = 50;  // of the hash, those whose leading zeros are counted
constexpr double kAlpha = 0.721347520444481703680;  // 0.5 / ln 2

std::uint8_t byte_at(std::string_view bytes, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(bytes[index]);
}

// The two series of Ertl's estimator, arXiv:1702.01284, summed until nothing changes any more.
double sigma(double x) noexcept {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  double before = 0;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before != z);
  return z;
}

double tau(double x) noexcept {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  double before = 0;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= std::pow(1 - x, 2) * y;
  } while (before != z);
  return z / 3;
}

}  // namespace

HyperLogLog::Merge HyperLogLog::merge(std::string_view value) noexcept {
  if (value.size() < kHeaderBytes || !value.starts_with("HYLL")) return Merge::not_one;
  const std::uint8_t encoding = byte_at(value, kEncodingAt);
  const std::string_view content = value.substr(kHeaderBytes);
  if (encoding == kDense) {
    if (content.size() != kRegisters * kBitsPerRegister / 8) return Merge::not_one;
    merge_dense(content);
    return Merge::merged;
  }
  if (encoding != kSparse) return Merge::not_one;
  return merge_sparse(content) ? Merge::merged : Merge::corrupted;
}

// Registers of six bits, packed from the least significant bit of the first byte on.
void HyperLogLog::merge_dense(std::string_view registers) noexcept {
  for (std::size_t index = 0; index < kRegisters; ++index) {
    const std::size_t bit = index * kBitsPerRegister;
    unsigned bits = byte_at(registers, bit / 8);
    if (bit / 8 + 1 < registers.size()) bits |= unsigned{byte_at(registers, bit / 8 + 1)} << 8U;
    raise(index, static_cast<std::uint8_t>(bits >> (bit % 8) & 0x3fU));
  }
}

// Runs of equal registers: 00xxxxxx and 01xxxxxx yyyyyyyy of zeros, 1vvvvvxx of a value. False if
// they do not make up all registers exactly.
bool HyperLogLog::merge_sparse(std::string_view opcodes) noexcept {
  std::size_t index = 0;
  for (std::size_t at = 0; at < opcodes.size(); ++at) {
    const std::uint8_t opcode = byte_at(opcodes, at);
    if ((opcode & 0x80U) != 0) {
      const std::size_t run = (opcode & 0x3U) + 1;
      if (index + run > kRegisters) return false;
      const auto value = static_cast<std::uint8_t>((opcode >> 2U & 0x1fU) + 1);
      for (const std::size_t end = index + run; index < end; ++index) raise(index, value);
    } else if ((opcode & 0x40U) != 0) {
      if (++at == opcodes.size()) return false;
      index += (std::size_t{opcode & 0x3fU} << 8U | byte_at(opcodes, at)) + 1;
    } else {
      index += std::size_t{opcode & 0x3fU} + 1;
    }
  }
  return index == kRegisters;
}

std::uint64_t HyperLogLog::count() const noexcept {
  constexpr auto kCount = static_cast<double>(kRegisters);
  std::array<int, 64> histogram{};
  for (const std::uint8_t value : registers_) ++histogram[value];
  double z = kCount * tau((kCount - histogram[kHashBits + 1]) / kCount);
  for (std::size_t value = kHashBits; value >= 1; --value) {
    z += histogram[value];
    z *= 0.5;
  }
  z += kCount * sigma(histogram[0] / kCount);
  return static_cast<std::uint64_t>(llroundl(kAlpha * kCount * kCount / z));
}

}  // namespace slotway::routing
