#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "model/text_encoder.h"

namespace deepcache_gen {

/// What the UNet is told about the prompts of a batch.
struct Conditioning {
  at::Tensor context;             ///< [batch, tokens, context_size], seen by the cross-attention
  std::vector<at::Tensor> added;  ///< further inputs of the time embedding; empty for most families
};

/// What SDXL's UNet is told of a picture's sizes, in pixels (Podell et al., arXiv 2307.01952, section 2.2): how large
/// it was before it was scaled, what was cut off of it then, and how large it is.
struct SizeConditioning {
  int original_width = 0, original_height = 0;
  int crop_top = 0, crop_left = 0;
  int target_width = 0, target_height = 0;
};

/// The halves of a batch under classifier-free guidance: with the prompt, and without it.
enum class Half { conditional, unconditional };

/// How a family arranges the outputs of its text encoders, in order, for a picture of those sizes. Throws `Error` where
/// they do not go together.
using ArrangeConditioning = Conditioning (*)(const std::vector<TextEncoding>& encodings, const SizeConditioning& sizes,
                                             Half half);

/// The names that model.json's "family" may have.
std::vector<std::string> family_names();
/// Looks a family up. Throws `Error` for a name that is not known.
ArrangeConditioning find_family(const std::string& name);

// The families, one file each.
Conditioning arrange_stable_diffusion(const std::vector<TextEncoding>& encodings, const SizeConditioning& sizes,
                                      Half half);
Conditioning arrange_stable_diffusion_xl(const std::vector<TextEncoding>& encodings, const SizeConditioning& sizes,
                                         Half half);
Conditioning arrange_stable_diffusion_xl_refiner(const std::vector<TextEncoding>& encodings,
                                                 const SizeConditioning& sizes, Half half);

/// SDXL's time ids: `numbers` for every row of `pooled`, in its type and on its device, [batch, numbers].
at::Tensor time_ids(const std::vector<double>& numbers, const at::Tensor& pooled);

/// What stands in the place of no negative prompt at all where the family zeroes it: as `like`, with zeros.
std::vector<TextEncoding> zero_text(const std::vector<TextEncoding>& like);
/// One batch of all of `parts`, in order; at least one.
Conditioning concatenate(const std::vector<Conditioning>& parts);

}  // namespace deepcache_gen
