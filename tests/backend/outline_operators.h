#pragma once

#include <ATen/ATen.h>
#include <torch/library.h>

#include <optional>
#include <tuple>
#include <vector>

// Operators of LibTorch's meta device whose outlines are only known to its Python part. With them a model can be run
// there, where tensors have shapes, strides and dtypes but no numbers. To be included by one file of a test program.

namespace deepcache_gen {

inline at::Tensor outline_of_convolution(const at::Tensor& input, const at::Tensor& weight,
                                         const std::optional<at::Tensor>&, at::IntArrayRef stride,
                                         at::IntArrayRef padding, at::IntArrayRef dilation, bool, at::IntArrayRef,
                                         std::int64_t) {
  std::vector<std::int64_t> sizes{input.size(0), weight.size(0)};
  for (std::size_t side = 0; side < 2; ++side) {
    const auto dimension = static_cast<std::int64_t>(side) + 2;
    const std::int64_t kernel = dilation[side] * (weight.size(dimension) - 1) + 1;
    sizes.push_back((input.size(dimension) + 2 * padding[side] - kernel) / stride[side] + 1);
  }
  return at::empty(sizes, input.options(), input.suggest_memory_format());
}

inline at::Tensor outline_of_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                                       const std::optional<at::Tensor>&, double, bool, std::optional<double>, bool) {
  TORCH_CHECK(query.device() == key.device() && query.device() == value.device(), "devices are mixed");
  std::vector<std::int64_t> sizes = query.sizes().vec();
  sizes.back() = value.size(-1);
  return at::empty(sizes, query.options());
}

inline std::tuple<at::Tensor, at::Tensor, at::Tensor> outline_of_group_norm(const at::Tensor& input,
                                                                            const std::optional<at::Tensor>& weight,
                                                                            const std::optional<at::Tensor>&,
                                                                            c10::SymInt, c10::SymInt, c10::SymInt,
                                                                            std::int64_t, double) {
  TORCH_CHECK(!weight || weight->device() == input.device(), "devices are mixed");
  return {at::empty_like(input), at::Tensor(), at::Tensor()};
}

inline std::tuple<at::Tensor, at::Tensor, at::Tensor> outline_of_layer_norm(const at::Tensor& input,
                                                                            c10::SymIntArrayRef,
                                                                            const std::optional<at::Tensor>& weight,
                                                                            const std::optional<at::Tensor>&, double) {
  TORCH_CHECK(!weight || weight->device() == input.device(), "devices are mixed");
  return {at::empty_like(input), at::Tensor(), at::Tensor()};
}

inline at::Tensor outline_of_selection(const at::Tensor& rows, std::int64_t dimension, const at::Tensor& index) {
  TORCH_CHECK(rows.device() == index.device(), "devices are mixed");
  std::vector<std::int64_t> sizes = rows.sizes().vec();
  sizes.at(static_cast<std::size_t>(dimension)) = index.numel();
  return at::empty(sizes, rows.options());
}

}  // namespace deepcache_gen

TORCH_LIBRARY_IMPL(aten, Meta, outlines) {
  outlines.impl("convolution_overrideable", deepcache_gen::outline_of_convolution);
  outlines.impl("index_select", deepcache_gen::outline_of_selection);
  outlines.impl("native_layer_norm", deepcache_gen::outline_of_layer_norm);
  outlines.impl("native_group_norm", deepcache_gen::outline_of_group_norm);
  outlines.impl("scaled_dot_product_attention", deepcache_gen::outline_of_attention);
}
