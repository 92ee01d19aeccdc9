// A PNG that a stranger made, as --init-img and --from-image read it.
#include "picture_decoding.h"
#include "png_mutation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  deepcache_gen::read_strangers_picture(data, size);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_png(data, size, max_size, seed);
}
