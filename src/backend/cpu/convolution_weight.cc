#include "backend/cpu/convolution_weight.h"

#include <utility>

namespace deepcache_gen {

ConvolutionWeight::ConvolutionWeight(WeightSource weight, const WeightConversion& conversion,
                                     ConvolutionGeometry geometry)
    : shape_{.dtype = conversion.dtype(), .weight = weight.outline().sizes().vec(), .geometry = std::move(geometry)},
      layouts_(conversion.layouts()),
      source_(std::move(weight)),
      conversion_(conversion),
      version_(source_.version()) {}

const at::Tensor& ConvolutionWeight::packed_for(at::IntArrayRef input) {
  follow_source();
  if (input == at::IntArrayRef(input_)) return packed_;
  if (!packed_.defined() || layouts_->wanted(shape_, input) != layout_) pack_for(input);
  input_ = input.vec();
  return packed_;
}

at::Tensor ConvolutionWeight::plain() {
  follow_source();
  if (packed_.defined()) return packed_.to_dense();
  if (!copy_.defined()) {
    at::Tensor copy = source_.read(conversion_).clone();
    let_go_of_source();
    copy_ = std::move(copy);
  }
  return copy_;
}

void ConvolutionWeight::follow_source() {
  if (version_ == source_.version()) return;
  packed_.reset();
  copy_.reset();
  input_.clear();
  version_ = source_.version();
}

void ConvolutionWeight::pack_for(at::IntArrayRef input) {
  const bool is_read = packed_.defined() || copy_.defined();
  const at::Tensor weight = is_read ? plain() : source_.read(conversion_);
  at::Tensor packed = layouts_->pack(weight, shape_, input);
  if (!is_read) let_go_of_source();
  copy_.reset();
  packed_ = std::move(packed);
  layout_ = layouts_->wanted(shape_, input);
}

void ConvolutionWeight::let_go_of_source() {
  conversion_.finish_reading();
  conversion_ = conversion_.apart();
  source_.let_go();
}

}  // namespace deepcache_gen
