// A WebP that a stranger made, as --init-img and --from-image read it.
#include "picture_decoding.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  deepcache_gen::read_strangers_picture(data, size);
  return 0;
}
