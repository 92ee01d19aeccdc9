#include "backend/cpu/convolution_weight.h"

#include <utility>

namespace deepcache_gen {

ConvolutionWeight::ConvolutionWeight(WeightSource weight, const WeightConversion& conversion,
                                     ConvolutionGeometry geometry)
    : FollowingWeight(conversion.kept()),
      shape_{.dtype = conversion.dtype(), .weight = weight.outline().sizes().vec(), .geometry = std::move(geometry)},
      layouts_(conversion.layouts()),
      source_(std::move(weight)),
      conversion_(conversion),
      state_(source_.state()) {}

const at::Tensor& ConvolutionWeight::packed_for(at::IntArrayRef input) {
  follow_source();
  if (packed_.defined() && input == at::IntArrayRef(input_)) return packed_;
  if (!packed_.defined() || layouts_->wanted(shape_, input) != layout_) pack_for(input);
  input_ = input.vec();
  return packed_;
}

void ConvolutionWeight::follow() const {
  follow_source();
  if (!packed_.defined() && !input_.empty()) pack_for(input_);
}

at::Tensor ConvolutionWeight::plain() {
  follow_source();
  return plain_numbers();
}

at::Tensor ConvolutionWeight::plain_numbers() const {
  if (packed_.defined()) return packed_.to_dense();
  if (!copy_.defined()) {
    at::Tensor copy = conversion_.convert(source_.parts()).clone();
    let_go_of_source();
    copy_ = std::move(copy);
  }
  return copy_;
}

void ConvolutionWeight::follow_source() const {
  WeightState state = source_.state();
  if (state_ == state) return;
  if (packed_.defined()) keep(state_, std::move(packed_), layout_);
  packed_.reset();
  copy_.reset();
  state_ = std::move(state);
}

void ConvolutionWeight::pack_for(at::IntArrayRef input) const {
  const bool is_read = packed_.defined() || copy_.defined();
  if (!is_read && keeps_any()) {
    const std::string& wanted = layouts_->wanted(shape_, input);
    packed_ = take_kept(state_, wanted);
    if (packed_.defined()) {
      layout_ = wanted;
      return;
    }
  }
  const at::Tensor weight = is_read ? plain_numbers() : conversion_.convert(source_.parts());
  at::Tensor packed = layouts_->pack(weight, shape_, input);
  if (!is_read) let_go_of_source();
  copy_.reset();
  packed_ = std::move(packed);
  layout_ = layouts_->wanted(shape_, input);
}

void ConvolutionWeight::let_go_of_source() const {
  conversion_.finish_reading();
  conversion_ = conversion_.apart();
  source_.let_go();
  state_ = source_.state();
}

}  // namespace deepcache_gen
