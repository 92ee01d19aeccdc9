#include "pipeline/batch_size.h"

#include <algorithm>

#include "support/option_value.h"

namespace deepcache_gen {
namespace {

// Activations of a UNet pass in float32, per latent pixel of one image under guidance. An upper bound for Stable
// Diffusion 1.5, 2.1 and SDXL: skips hold about 2,000 numbers per latent pixel, the widest rung about 6,000 more, all
// of it twice.
constexpr std::int64_t kBytesPerLatentPixel = 64 * 1024;
constexpr std::int64_t kMostByDefault = 8;
constexpr int kLargestBatch = 256;

}  // namespace

std::int64_t images_that_fit(std::int64_t latent_pixels, std::int64_t free_bytes) {
  return free_bytes / (latent_pixels * kBytesPerLatentPixel);
}

std::int64_t bytes_of_batch(int images, std::int64_t latent_pixels) {
  return images * latent_pixels * kBytesPerLatentPixel;
}

int choose_batch_size(std::optional<int> asked, std::int64_t latent_pixels, std::int64_t free_bytes) {
  const std::int64_t fitting = images_that_fit(latent_pixels, free_bytes);
  return asked.value_or(static_cast<int>(std::clamp<std::int64_t>(fitting, 1, kMostByDefault)));
}

void check_batch_size(std::optional<int> asked) {
  if (asked) checked_whole("--batch-size", *asked, 1, kLargestBatch);
}

}  // namespace deepcache_gen
