#include "backend/cpu/convolution_weight.h"

#include <utility>

namespace deepcache_gen {

ConvolutionWeight::ConvolutionWeight(at::Tensor weight, const WeightConversion& conversion,
                                     ConvolutionGeometry geometry)
    : shape_{.dtype = conversion.dtype(), .weight = weight.sizes().vec(), .geometry = std::move(geometry)},
      layouts_(conversion.layouts()),
      original_(std::move(weight)),
      conversion_(conversion) {}

const at::Tensor& ConvolutionWeight::packed_for(at::IntArrayRef input) {
  if (input == at::IntArrayRef(input_)) return packed_;
  if (!packed_.defined() || layouts_->wanted(shape_, input) != layout_) pack_for(input);
  input_ = input.vec();
  return packed_;
}

at::Tensor ConvolutionWeight::plain() {
  if (!conversion_) return packed_.to_dense();
  if (!is_copied_) {
    at::Tensor copy = conversion_->convert(original_).clone();
    conversion_->finish_reading();
    original_ = std::move(copy);
    is_copied_ = true;
  }
  return original_;
}

void ConvolutionWeight::pack_for(at::IntArrayRef input) {
  const at::Tensor weight = conversion_ ? conversion_->convert(original_) : packed_.to_dense();
  at::Tensor packed = layouts_->pack(weight, shape_, input);
  if (conversion_) let_go_of_original();
  packed_ = std::move(packed);
  layout_ = layouts_->wanted(shape_, input);
}

void ConvolutionWeight::let_go_of_original() {
  if (!is_copied_) conversion_->finish_reading();
  conversion_.reset();
  original_.reset();
}

}  // namespace deepcache_gen
