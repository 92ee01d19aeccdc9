#include "pipeline/guidance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace deepcache_gen {
namespace {

// A number of each image, as it multiplies the images' tensors.
at::Tensor column_of(const std::vector<const GenerationSettings*>& images, double GenerationSettings::*number,
                     c10::Device device) {
  std::vector<double> numbers;
  for (const GenerationSettings* settings : images) numbers.push_back(settings->*number);
  return at::tensor(numbers, at::dtype(at::kFloat)).view({-1, 1, 1, 1}).to(device);
}

}  // namespace

Guidance::Guidance(const std::vector<const GenerationSettings*>& images, c10::Device device) {
  if (images.front()->guided()) scales_ = column_of(images, &GenerationSettings::guidance_scale, device);
}

at::Tensor Guidance::combine(const at::Tensor& unconditional, const at::Tensor& conditional) const {
  return unconditional + scales_ * (conditional - unconditional);
}

}  // namespace deepcache_gen
