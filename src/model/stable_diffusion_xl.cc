#include <ATen/ops/cat.h>

#include <string>

#include "model/conditioning.h"
#include "support/error.h"

namespace deepcache_gen {

// SDXL (Podell et al., arXiv 2307.01952): the states of both encoders side by side; the pooled state of the last
// encoder and the size micro-conditioning (section 2.2) join the time embedding. Both halves are told the same sizes.
Conditioning arrange_stable_diffusion_xl(const std::vector<TextEncoding>& encodings, const SizeConditioning& sizes,
                                         Half) {
  std::vector<at::Tensor> hidden;
  for (const TextEncoding& encoding : encodings) {
    hidden.push_back(encoding.hidden);
    if (encoding.hidden.size(1) == hidden.front().size(1)) continue;
    throw Error("the model's text encoders read " + std::to_string(hidden.front().size(1)) + " and " +
                std::to_string(encoding.hidden.size(1)) +
                " tokens, must read the same number; export the model again with deepcache-gen export");
  }
  const at::Tensor& pooled = encodings.back().pooled;
  // Each height first, as diffusers orders them.
  const at::Tensor ids = time_ids({double(sizes.original_height), double(sizes.original_width), double(sizes.crop_top),
                                   double(sizes.crop_left), double(sizes.target_height), double(sizes.target_width)},
                                  pooled);
  return {at::cat(hidden, -1), {pooled, ids}};
}

}  // namespace deepcache_gen
