#include "adapters/stored_numbers.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <optional>

#include "support/error.h"

namespace deepcache_gen {
namespace {

// IEEE 754 binary16.
double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? INFINITY : NAN;
  return bits >> 15 ? -value : value;
}

std::optional<double> value_of(const std::string& dtype, std::uint64_t bits) {
  if (dtype == "F16") return half_value(static_cast<std::uint16_t>(bits));
  if (dtype == "BF16") return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  if (dtype == "F32") return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
  if (dtype == "F64") return std::bit_cast<double>(bits);
  return {};
}

std::uint64_t bits_at(std::ifstream& stream, std::uint64_t position, std::uint64_t bytes) {
  char digits[8] = {};
  stream.seekg(static_cast<std::streamoff>(position));
  stream.read(digits, static_cast<std::streamsize>(bytes));
  std::uint64_t bits = 0;
  for (std::size_t i = sizeof digits; i-- > 0;) bits = bits << 8 | static_cast<std::uint8_t>(digits[i]);
  return bits;
}

}  // namespace

std::map<std::string, double> stored_numbers(const std::filesystem::path& file, const SafetensorsHeader& header,
                                             const std::vector<std::string>& names) {
  std::map<std::string, double> numbers;
  std::ifstream stream(file, std::ios::binary);
  for (const std::string& name : names) {
    const StoredTensor& tensor = header.tensors.at(name);
    std::int64_t count = 1;
    for (const std::int64_t size : tensor.sizes) count *= size;
    if (count != 1 || tensor.bytes > 8) continue;
    const std::uint64_t bits = bits_at(stream, header.size + tensor.first, tensor.bytes);
    if (!stream) throw Error(file.string() + ": cannot be read; was it changed meanwhile?");
    if (const std::optional<double> value = value_of(tensor.dtype, bits)) numbers.emplace(name, *value);
  }
  return numbers;
}

}  // namespace deepcache_gen
