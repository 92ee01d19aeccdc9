#include "backend/cpu/convolution_layouts.h"

#include <ATen/ops/empty.h>

#include "backend/cpu/library_operator.h"

namespace deepcache_gen {
namespace {

using Sizes = at::IntArrayRef;

at::Tensor reorder(const at::Tensor& weight, const ConvolutionGeometry& geometry, Sizes input) {
  static const auto reorder =
      find_library_operator<at::Tensor(const at::Tensor&, Sizes, Sizes, Sizes, std::int64_t, at::OptionalIntArrayRef)>(
          "mkldnn::_reorder_convolution_weight");
  return reorder.call(weight, geometry.padding, geometry.stride, geometry.dilation, geometry.groups, input);
}

std::string layout_of(const at::Tensor& packed) {
  static const auto describe =
      find_library_operator<at::Tensor(const at::Tensor&)>("mkldnn::_get_mkldnn_serialized_md");
  const at::Tensor description = describe.call(packed);
  return {static_cast<const char*>(description.const_data_ptr()), static_cast<std::size_t>(description.nbytes())};
}

}  // namespace

const std::string& ConvolutionLayouts::wanted(const ConvolutionShape& shape, Sizes input) {
  const auto known = layouts_.find({shape, input.vec()});
  if (known != layouts_.end()) return known->second;
  // Any numbers will do, and a weight that has been packed would have to be unpacked first.
  const at::Tensor numbers = at::empty(shape.weight, shape.dtype, {}, {}, {}, c10::MemoryFormat::ChannelsLast);
  return layouts_[{shape, input.vec()}] = layout_of(reorder(numbers, shape.geometry, input));
}

at::Tensor ConvolutionLayouts::pack(const at::Tensor& weight, const ConvolutionShape& shape, Sizes input) {
  at::Tensor packed = reorder(weight, shape.geometry, input);
  layouts_.try_emplace({shape, input.vec()}, layout_of(packed));
  return packed;
}

}  // namespace deepcache_gen
