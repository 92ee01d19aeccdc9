#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/cpu/convolution_layouts.h"
#include "backend/cpu/weight_conversion.h"
#include "backend/graph/weight_source.h"

namespace deepcache_gen {

/// A convolution's weight in the layout that oneDNN computes in. With another one than it wants for an input, oneDNN
/// rearranges the weight at every call, which can take many times as long as the convolution. So it is packed when the
/// first input is there, and again when one comes that wants another layout or the weight has been patched.
class ConvolutionWeight : public FollowingWeight {
 public:
  /// `weight`: [outputs, inputs / groups, height, width], in any dtype. It is let go when it has been packed,
  /// unless it can be patched.
  ConvolutionWeight(WeightSource weight, const WeightConversion& conversion, ConvolutionGeometry geometry);

  const ConvolutionGeometry& geometry() const { return shape_.geometry; }
  /// The weight for inputs of these sizes: [batch, inputs, height, width].
  const at::Tensor& packed_for(at::IntArrayRef input);
  /// The weight as it is given, in the dtype that it is converted to; a copy is kept until it is packed.
  at::Tensor plain();

  /// For the inputs that it was packed for last.
  void follow() const override;

 private:
  void follow_source() const;
  void pack_for(at::IntArrayRef input) const;
  void let_go_of_source() const;
  at::Tensor plain_numbers() const;

  ConvolutionShape shape_;
  std::shared_ptr<ConvolutionLayouts> layouts_;
  mutable WeightSource source_;
  mutable WeightConversion conversion_;
  mutable WeightState state_;                // of the source, of which the numbers below are
  mutable at::Tensor copy_;                  // from `plain`; undefined once it has been packed
  mutable at::Tensor packed_;                // undefined before
  mutable std::string layout_;               // of `packed_`
  mutable std::vector<std::int64_t> input_;  // for which `packed_`, if it is there, is known to be right
};

}  // namespace deepcache_gen
