#include "png_mutation.h"

#include <zlib.h>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace deepcache_gen {
namespace {

constexpr std::size_t kSignature = 8, kLengthAndType = 8, kChecksum = 4;
constexpr unsigned int kOneInSoManyKeepsItsChecksums = 8;

std::size_t number_at(const std::uint8_t* data) {
  return std::size_t{data[0]} << 24 | std::size_t{data[1]} << 16 | std::size_t{data[2]} << 8 | data[3];
}

// No mutation of the bytes finds a checksum.
void mend_checksums(std::uint8_t* data, std::size_t size) {
  std::size_t position = kSignature;
  while (position + kLengthAndType + kChecksum <= size) {
    const std::size_t length = number_at(data + position);
    if (length > size - position - kLengthAndType - kChecksum) return;
    const auto sum = static_cast<std::uint32_t>(crc32_z(0, data + position + 4, length + 4));
    position += kLengthAndType + length;
    for (std::size_t i = 0; i < kChecksum; ++i) data[position + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
    position += kChecksum;
  }
}

}  // namespace

std::size_t mutate_png(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % kOneInSoManyKeepsItsChecksums != 0) mend_checksums(data, size);
  return size;
}

}  // namespace deepcache_gen
