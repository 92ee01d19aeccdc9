#include "cli/output/npy.h"

#include <bit>
#include <span>
#include <string>

namespace deepcache_gen {
namespace {

static_assert(std::endian::native == std::endian::little, "the values are copied as they lie in memory");

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kPreamble = 10;  // magic, version, length of the header

std::string header(std::size_t count, const Latents& shape) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(count) + ", " +
                     std::to_string(shape.channels) + ", " + std::to_string(shape.height) + ", " +
                     std::to_string(shape.width) + "), }";
  text.append(kAlignment - 1 - (kPreamble + text.size()) % kAlignment, ' ');
  return text + "\n";
}

}  // namespace

std::vector<std::uint8_t> encode_npy(const std::vector<Latents>& latents) {
  const std::string text = header(latents.size(), latents.front());
  std::vector<std::uint8_t> bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  bytes.push_back(static_cast<std::uint8_t>(text.size() & 0xFF));
  bytes.push_back(static_cast<std::uint8_t>(text.size() >> 8));
  bytes.insert(bytes.end(), text.begin(), text.end());
  for (const Latents& image : latents) {
    const auto raw = std::as_bytes(std::span(image.values));
    const auto* first = reinterpret_cast<const std::uint8_t*>(raw.data());
    bytes.insert(bytes.end(), first, first + raw.size());
  }
  return bytes;
}

}  // namespace deepcache_gen
