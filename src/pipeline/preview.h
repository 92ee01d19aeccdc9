#pragma once

#include <ATen/core/Tensor.h>

#include "image/image.h"
#include "model/preview_map.h"

namespace deepcache_gen {

/// What the pictures of a batch will roughly look like, side by side from left to right. `latents`: [images, channels,
/// height, width], denoised. Each latent becomes `scale` x `scale` pixels, blended into its neighbours.
Image preview_image(const PreviewMap& map, const at::Tensor& latents, int scale);

/// Pixels per latent that make a preview of these latents about 256 pixels high or wide, and no larger than the picture
/// itself, which has `vae_scale` of them.
int preview_scale(const at::Tensor& latents, int vae_scale);

}  // namespace deepcache_gen
