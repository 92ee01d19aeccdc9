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

at::Tensor ConvolutionWeight::plain() { return conversion_ ? conversion_->convert(original_) : packed_.to_dense(); }

void ConvolutionWeight::pack_for(at::IntArrayRef input) {
  at::Tensor packed = layouts_->pack(plain(), shape_, input);
  if (conversion_) let_go_of_original();
  packed_ = std::move(packed);
  layout_ = layouts_->wanted(shape_, input);
}

void ConvolutionWeight::let_go_of_original() {
  conversion_->finish_reading();
  conversion_.reset();
  original_.reset();
}

}  // namespace deepcache_gen
