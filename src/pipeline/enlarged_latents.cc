#include "pipeline/enlarged_latents.h"

#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace deepcache_gen {

at::Tensor resized_latents(const at::Tensor& latents, const Upscaler& upscaler,
                           const std::vector<std::int64_t>& sides) {
  constexpr bool kAlignCorners = false;
  return upscaler.smooth ? at::upsample_bilinear2d(latents, sides, kAlignCorners)
                         : at::upsample_nearest2d(latents, sides);
}

}  // namespace deepcache_gen
