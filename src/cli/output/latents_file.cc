#include "cli/output/latents_file.h"

#include <bit>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/atomic_file.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

static_assert(std::endian::native == std::endian::little, "the values are copied as they lie in memory");

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kPreamble = 10;  // magic, version, length of the header
constexpr std::size_t kMostDigits = std::numeric_limits<int>::digits10 + 1;

// Blanks may stand before a number of the Python literal that the header is.
std::string right_aligned(int count) {
  const std::string digits = std::to_string(count);
  return std::string(kMostDigits - digits.size(), ' ') + digits;
}

std::string description(int count, const Latents& latents) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + right_aligned(count) + ", " +
                     std::to_string(latents.channels) + ", " + std::to_string(latents.height) + ", " +
                     std::to_string(latents.width) + "), }";
  text.append(kAlignment - 1 - (kPreamble + text.size()) % kAlignment, ' ');
  return text + "\n";
}

}  // namespace

std::vector<std::uint8_t> npy_header(int count, const Latents& latents) {
  const std::string text = description(count, latents);
  std::vector<std::uint8_t> bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  bytes.push_back(static_cast<std::uint8_t>(text.size() & 0xFF));
  bytes.push_back(static_cast<std::uint8_t>(text.size() >> 8));
  bytes.insert(bytes.end(), text.begin(), text.end());
  return bytes;
}

std::vector<std::uint8_t> npy_values(const Latents& latents) {
  const auto raw = std::as_bytes(std::span(latents.values));
  const auto* first = reinterpret_cast<const std::uint8_t*>(raw.data());
  return {first, first + raw.size()};
}

LatentsFile::LatentsFile(std::filesystem::path file) : path_(std::move(file)) {
  if (path_.extension() != ".npy") reject({"--save-latents", path_.string()}, "expected a name that ends in .npy");
  require_writable(path_);
}

void LatentsFile::add(const Latents& latents) {
  const std::vector<std::uint8_t> values = npy_values(latents);
  if (file_) {
    file_->append(values);
    file_->replace_start(npy_header(++count_, latents));
  } else {
    std::vector<std::uint8_t> bytes = npy_header(1, latents);
    bytes.insert(bytes.end(), values.begin(), values.end());
    file_.emplace(path_, bytes);
    count_ = 1;
  }
}

}  // namespace deepcache_gen
