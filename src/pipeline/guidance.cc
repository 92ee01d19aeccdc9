#include "pipeline/guidance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/std.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

#include "backend/to_device.h"

namespace deepcache_gen {
namespace {

// A number of each image, as it multiplies the images' tensors.
at::Tensor column_of(const std::vector<const GenerationSettings*>& images, double GenerationSettings::*number,
                     c10::Device device) {
  std::vector<double> numbers;
  for (const GenerationSettings* settings : images) numbers.push_back(settings->*number);
  return to_device(at::tensor(numbers, at::dtype(at::kFloat)).view({-1, 1, 1, 1}), device);
}

// In double precision, as diffusers subtracts: the embedding magnifies what is rounded a thousand times.
at::Tensor embedded_scales(const std::vector<const GenerationSettings*>& images, c10::Device device) {
  std::vector<double> numbers;
  for (const GenerationSettings* settings : images) numbers.push_back(settings->guidance_scale - 1);
  return to_device(at::tensor(numbers, at::dtype(at::kFloat)), device);
}

bool is_rescaled(const GenerationSettings* settings) { return settings->guidance_rescale != 0; }

// What was guided, brought back towards the spread of the conditional prediction, image by image (Lin et al., arXiv
// 2305.08891, section 3.4).
at::Tensor rescaled(const at::Tensor& guided, const at::Tensor& conditional, const at::Tensor& rescales) {
  const auto spread = [](const at::Tensor& images) { return images.std({1, 2, 3}, true, true); };
  return rescales * (guided * (spread(conditional) / spread(guided))) + (1 - rescales) * guided;
}

}  // namespace

Guidance::Guidance(const std::vector<const GenerationSettings*>& images, c10::Device device) {
  if (images.front()->guidance_is_embedded) embedded_ = embedded_scales(images, device);
  if (!images.front()->guided()) return;
  scales_ = column_of(images, &GenerationSettings::guidance_scale, device);
  if (std::any_of(images.begin(), images.end(), is_rescaled)) {
    rescales_ = column_of(images, &GenerationSettings::guidance_rescale, device);
  }
}

at::Tensor Guidance::combine(const at::Tensor& unconditional, const at::Tensor& conditional) const {
  // The same but for rounding, in one pass over memory.
  const at::Tensor guided = unconditional.is_cpu() ? unconditional + scales_ * (conditional - unconditional)
                                                   : at::lerp(unconditional, conditional, scales_);
  return rescales_.defined() ? rescaled(guided, conditional, rescales_) : guided;
}

}  // namespace deepcache_gen
