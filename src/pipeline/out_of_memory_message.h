#pragma once

#include <cstdint>
#include <optional>

#include "backend/placement.h"
#include "support/error.h"

namespace deepcache_gen {

/// What a device's memory was not enough for.
struct UnmetDemand {
  int images;                  ///< in one UNet batch
  int width, height;           ///< pixels of each
  std::int64_t latent_pixels;  ///< height x width of one image's latents
  Placement placement;
  std::optional<std::int64_t> free_bytes;  ///< of the device with the weights on it; unset: not known
};

/// One line with what was asked for and what needs less: `not enough memory on cuda:0 for 8 images of 1024x1024 at a
/// time in fp16 (5.0 GiB free); try --batch-size 5, a smaller --width and --height or --device cpu`. The batch size is
/// the largest that the estimate of `images_that_fit` allows. It is about the flags that decide how much is needed:
/// --width, --height and, where there are several images, --batch-size.
OutOfMemory lack_of_memory(const UnmetDemand& demand);

}  // namespace deepcache_gen
