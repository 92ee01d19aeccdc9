#pragma once

#include <ATen/core/Tensor.h>

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace deepcache_gen {

/// How a two-dimensional convolution moves over its input: height and width.
struct ConvolutionGeometry {
  std::vector<std::int64_t> stride, padding, dilation;
  std::int64_t groups;

  auto operator<=>(const ConvolutionGeometry&) const = default;
};

/// All that a convolution's weight is besides its numbers.
struct ConvolutionShape {
  c10::ScalarType dtype;
  std::vector<std::int64_t> weight;  // outputs, inputs / groups, height, width
  ConvolutionGeometry geometry;

  auto operator<=>(const ConvolutionShape&) const = default;
};

/// The layouts that oneDNN computes in. Which one it wants for a weight depends on the processor, the number of
/// threads, the weight's shape and the input's sizes; it can only be learned by packing. Weights of equal shape, of
/// which a UNet has many, share what was learned. Only one thread at a time may use it.
class ConvolutionLayouts {
 public:
  /// The layout for inputs of these sizes [batch, inputs, height, width], as oneDNN writes it down.
  const std::string& wanted(const ConvolutionShape& shape, at::IntArrayRef input);
  /// The weight, which has that shape, in that layout.
  at::Tensor pack(const at::Tensor& weight, const ConvolutionShape& shape, at::IntArrayRef input);

 private:
  using Key = std::pair<ConvolutionShape, std::vector<std::int64_t>>;  // and the input's sizes

  std::map<Key, std::string> layouts_;
};

}  // namespace deepcache_gen
