#include "backend/cpu/convolution_weight.h"

#include <utility>

#include "backend/cpu/library_operator.h"

namespace deepcache_gen {
namespace {

using Sizes = at::IntArrayRef;

at::Tensor pack(const at::Tensor& weight, const ConvolutionGeometry& geometry, Sizes input) {
  static const auto reorder =
      find_library_operator<at::Tensor(const at::Tensor&, Sizes, Sizes, Sizes, std::int64_t, at::OptionalIntArrayRef)>(
          "mkldnn::_reorder_convolution_weight");
  return reorder.call(weight, geometry.padding, geometry.stride, geometry.dilation, geometry.groups, input);
}

// The packed weight's layout, as oneDNN writes it down.
std::string layout_of(const at::Tensor& packed) {
  static const auto describe =
      find_library_operator<at::Tensor(const at::Tensor&)>("mkldnn::_get_mkldnn_serialized_md");
  const at::Tensor description = describe.call(packed);
  return {static_cast<const char*>(description.const_data_ptr()), static_cast<std::size_t>(description.nbytes())};
}

}  // namespace

ConvolutionWeight::ConvolutionWeight(at::Tensor weight, const WeightConversion& conversion,
                                     ConvolutionGeometry geometry)
    : geometry_(std::move(geometry)), original_(std::move(weight)), conversion_(conversion) {}

const at::Tensor& ConvolutionWeight::packed_for(Sizes input) {
  if (input == Sizes(input_)) return packed_;
  std::vector<std::int64_t> sizes = input.vec();
  const auto known = layouts_.find(sizes);
  if (known == layouts_.end() || known->second != layout_) pack_for(sizes);
  input_ = std::move(sizes);
  return packed_;
}

at::Tensor ConvolutionWeight::plain() { return conversion_ ? conversion_->convert(original_) : packed_.to_dense(); }

void ConvolutionWeight::pack_for(const std::vector<std::int64_t>& input) {
  at::Tensor packed = pack(plain(), geometry_, input);
  const std::string& layout = layouts_[input] = layout_of(packed);
  if (packed_.defined() && layout == layout_) return;
  packed_ = std::move(packed);
  layout_ = layout;
  if (!conversion_) return;
  conversion_->drop_pages();
  conversion_.reset();
  original_.reset();
}

}  // namespace deepcache_gen
