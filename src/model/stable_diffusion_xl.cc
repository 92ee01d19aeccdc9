#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <string>

#include "model/conditioning.h"
#include "support/error.h"

namespace deepcache_gen {

// SDXL (Podell et al., arXiv 2307.01952): the states of both encoders side by side; the pooled state of the last
// encoder and the size micro-conditioning (section 2.2) join the time embedding.
Conditioning arrange_stable_diffusion_xl(const std::vector<TextEncoding>& encodings, int width, int height) {
  std::vector<at::Tensor> hidden;
  for (const TextEncoding& encoding : encodings) {
    hidden.push_back(encoding.hidden);
    if (encoding.hidden.size(1) == hidden.front().size(1)) continue;
    throw Error("the model's text encoders read " + std::to_string(hidden.front().size(1)) + " and " +
                std::to_string(encoding.hidden.size(1)) +
                " tokens, must read the same number; export the model again with scripts/export_model.py");
  }
  const at::Tensor& pooled = encodings.back().pooled;
  // original size, top left corner of the crop, target size; each height first, as diffusers orders them
  const std::vector<double> sizes{double(height), double(width), 0, 0, double(height), double(width)};
  // By way of float32: at::tensor makes no half-precision ones.
  const at::Tensor time_ids = at::tensor(sizes, at::kFloat).to(pooled.options()).repeat({pooled.size(0), 1});
  return {at::cat(hidden, -1), {pooled, time_ids}};
}

}  // namespace deepcache_gen
