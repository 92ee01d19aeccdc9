#pragma once

#include <ATen/core/Tensor.h>

#include "image/image.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// `picture`: float32 on the CPU, [3, height, width], in 0..1; rounded half to even to 8 bits, as NumPy and diffusers
/// do.
Image to_image(const at::Tensor& picture);

/// `latents`: float32, [channels, height, width].
Latents to_latents(const at::Tensor& latents);

}  // namespace deepcache_gen
