#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/convolution_layouts.h"
#include "backend/cpu/weight_conversion.h"
#include "backend/cpu/weight_source.h"

namespace deepcache_gen {

/// A convolution's weight in the layout that oneDNN computes in. With another one than it wants for an input, oneDNN
/// rearranges the weight at every call, which can take many times as long as the convolution. So it is packed when the
/// first input is there, and again when one comes that wants another layout or the weight has been patched.
class ConvolutionWeight {
 public:
  /// `weight`: [outputs, inputs / groups, height, width], in any dtype. It is let go when it has been packed,
  /// unless it can be patched.
  ConvolutionWeight(WeightSource weight, const WeightConversion& conversion, ConvolutionGeometry geometry);

  const ConvolutionGeometry& geometry() const { return shape_.geometry; }
  /// The weight for inputs of these sizes: [batch, inputs, height, width].
  const at::Tensor& packed_for(at::IntArrayRef input);
  /// The weight as it is given, in the dtype that it is converted to; a copy is kept until it is packed.
  at::Tensor plain();

 private:
  void follow_source();
  void pack_for(at::IntArrayRef input);
  void let_go_of_source();

  ConvolutionShape shape_;
  std::shared_ptr<ConvolutionLayouts> layouts_;
  WeightSource source_;
  WeightConversion conversion_;
  unsigned version_;                 // of the source, of which the numbers below are
  at::Tensor copy_;                  // from `plain`; undefined once it has been packed
  at::Tensor packed_;                // undefined before
  std::string layout_;               // of `packed_`
  std::vector<std::int64_t> input_;  // for which `packed_` is known to be right
};

}  // namespace deepcache_gen
