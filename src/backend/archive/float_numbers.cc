#include "backend/archive/float_numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

namespace deepcache_gen {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 4> kTypes{
    {{"F16", 2}, {"BF16", 2}, {"F32", 4}, {"F64", 8}}};

std::uint64_t bits_of(std::string_view bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | static_cast<std::uint8_t>(bytes[i]);
  return bits;
}

// IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of fraction.
float from_half(std::uint64_t bits) {
  const auto exponent = static_cast<int>(bits >> 10 & 0x1f);
  const auto fraction = static_cast<float>(bits & 0x3ff);
  float size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25);
  if (exponent == 0x1f) {
    size = fraction == 0 ? std::numeric_limits<float>::infinity() : std::numeric_limits<float>::quiet_NaN();
  }
  return bits & 0x8000 ? -size : size;
}

// What a conversion makes of numbers that are too large is undefined.
float from_double(double number) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  const bool fits = std::isnan(number) || std::abs(number) <= kLargest;
  return fits ? static_cast<float>(number) : std::copysign(std::numeric_limits<float>::infinity(), number);
}

float number_of(const std::string& type, std::uint64_t bits) {
  if (type == "F16") return from_half(bits);
  if (type == "BF16") return std::bit_cast<float>(static_cast<std::uint32_t>(bits << 16));
  if (type == "F32") return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  return from_double(std::bit_cast<double>(bits));
}

}  // namespace

std::optional<std::size_t> float_bytes(const std::string& type) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& known) { return known.first == type; });
  return found == kTypes.end() ? std::nullopt : std::optional(found->second);
}

std::vector<float> read_floats(const std::string& type, std::string_view bytes) {
  const std::size_t size = float_bytes(type).value();
  std::vector<float> numbers;
  numbers.reserve(bytes.size() / size);
  for (std::size_t i = 0; i + size <= bytes.size(); i += size) {
    numbers.push_back(number_of(type, bits_of(bytes.substr(i, size))));
  }
  return numbers;
}

}  // namespace deepcache_gen
