#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/cpu/convolution_layouts.h"
#include "backend/cpu/weight_conversion.h"

namespace deepcache_gen {

/// A convolution's weight in the layout that oneDNN computes in. With another one than it wants for an input, oneDNN
/// rearranges the weight at every call, which can take many times as long as the convolution. So it is packed when the
/// first input is there, and again when one comes that wants another layout.
class ConvolutionWeight {
 public:
  /// `weight`: [outputs, inputs / groups, height, width], in any dtype. It is let go when it has been packed.
  ConvolutionWeight(at::Tensor weight, const WeightConversion& conversion, ConvolutionGeometry geometry);

  const ConvolutionGeometry& geometry() const { return shape_.geometry; }
  /// The weight for inputs of these sizes: [batch, inputs, height, width].
  const at::Tensor& packed_for(at::IntArrayRef input);
  /// The weight as it was given, in the dtype that it is converted to; from the first time on a copy is kept.
  at::Tensor plain();

 private:
  void pack_for(at::IntArrayRef input);
  void let_go_of_original();

  ConvolutionShape shape_;
  std::shared_ptr<ConvolutionLayouts> layouts_;
  at::Tensor original_;                         // undefined once it has been packed
  bool is_copied_ = false;                      // `original_` is no view of a file any more
  std::optional<WeightConversion> conversion_;  // unset likewise
  at::Tensor packed_;
  std::string layout_;               // of `packed_`
  std::vector<std::int64_t> input_;  // for which `packed_` is known to be right
};

}  // namespace deepcache_gen
