#pragma once

#include <cstdint>
#include <optional>

namespace deepcache_gen {

/// How many images of that many latent pixels (height x width of one image's latents) an estimate from above says a
/// UNet batch can hold in `free_bytes`; 0 where it says not even one.
std::int64_t images_that_fit(std::int64_t latent_pixels, std::int64_t free_bytes);

/// The same estimate, in bytes.
std::int64_t bytes_of_batch(int images, std::int64_t latent_pixels);

/// How many images go into one UNet batch: `asked`, or as many as fit into `free_bytes` (at least one, at most 8,
/// beyond which nothing is gained). `latent_pixels`: height x width of one image's latents.
int choose_batch_size(std::optional<int> asked, std::int64_t latent_pixels, std::int64_t free_bytes);

/// Throws `UsageError` for a number of images, --batch-size, that is not accepted.
void check_batch_size(std::optional<int> asked);

}  // namespace deepcache_gen
