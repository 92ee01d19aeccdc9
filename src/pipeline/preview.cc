#include "pipeline/preview.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/einsum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "pipeline/to_image.h"

namespace deepcache_gen {
namespace {

constexpr std::int64_t kWantedSide = 256;

at::Tensor matrix_of(const PreviewMap& map) {
  std::vector<at::Tensor> rows;
  for (const std::vector<double>& row : map.matrix) rows.push_back(at::tensor(row, at::kFloat));
  return at::stack(rows);
}

at::Tensor bias_of(const PreviewMap& map) { return at::tensor(map.bias, at::kFloat).view({1, 3, 1, 1}); }

}  // namespace

Image preview_image(const PreviewMap& map, const at::Tensor& latents, int scale) {
  const at::Tensor on_cpu = latents.to(at::kCPU, at::kFloat);
  const at::Tensor colours = at::einsum("rc,nchw->nrhw", {matrix_of(map), on_cpu}) + bias_of(map);
  const std::vector<std::int64_t> size{latents.size(2) * scale, latents.size(3) * scale};
  const at::Tensor pictures = at::upsample_bilinear2d(colours, size, false).clamp(0, 1);
  return to_image(at::cat(pictures.unbind(0), 2));
}

int preview_scale(const at::Tensor& latents, int vae_scale) {
  const std::int64_t side = std::max(latents.size(2), latents.size(3));
  const std::int64_t wanted = (kWantedSide + side - 1) / side;
  return static_cast<int>(std::min<std::int64_t>(wanted, vae_scale));
}

}  // namespace deepcache_gen
