#include "pipeline/to_image.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {
namespace {

int side(const at::Tensor& tensor, int dimension) { return static_cast<int>(tensor.size(dimension)); }

}  // namespace

Image to_image(const at::Tensor& picture) {
  const at::Tensor rows = (picture * 255).round_().to(at::kByte).permute({1, 2, 0}).contiguous();
  const std::uint8_t* first = rows.const_data_ptr<std::uint8_t>();
  return {side(picture, 2), side(picture, 1), {first, first + rows.numel()}};
}

Latents to_latents(const at::Tensor& latents) {
  const at::Tensor values = latents.to(at::kCPU, at::kFloat).contiguous();
  const float* first = values.const_data_ptr<float>();
  return {side(values, 0), side(values, 1), side(values, 2), {first, first + values.numel()}};
}

}  // namespace deepcache_gen
