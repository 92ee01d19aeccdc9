#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "pipeline/upscalers.h"

namespace deepcache_gen {

/// Latents, [images, channels, height, width], in other sides: height and width. By an upscaler of latents: bilinear
/// without antialiasing, or the nearest, as torch.nn.functional.interpolate has them.
at::Tensor resized_latents(const at::Tensor& latents, const Upscaler& upscaler, const std::vector<std::int64_t>& sides);

}  // namespace deepcache_gen
