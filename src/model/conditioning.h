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

/// How a family arranges the outputs of its text encoders, in order, for an image of width x height pixels. Throws
/// `Error` where they do not go together.
using ArrangeConditioning = Conditioning (*)(const std::vector<TextEncoding>& encodings, int width, int height);

/// The names that model.json's "family" may have.
std::vector<std::string> family_names();
/// Looks a family up. Throws `Error` for a name that is not known.
ArrangeConditioning find_family(const std::string& name);

// The families, one file each.
Conditioning arrange_stable_diffusion(const std::vector<TextEncoding>& encodings, int width, int height);
Conditioning arrange_stable_diffusion_xl(const std::vector<TextEncoding>& encodings, int width, int height);

/// The conditioning of no negative prompt at all where the family zeroes it: as `like`, with zeros for all text.
Conditioning zero_text(const Conditioning& like);
/// One batch of all of `parts`, in order; at least one.
Conditioning concatenate(const std::vector<Conditioning>& parts);

}  // namespace deepcache_gen
