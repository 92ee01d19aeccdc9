#include "backend/cuda/operand_checks.h"

#include <c10/core/ScalarType.h>
#include <c10/util/StringUtil.h>

#include <limits>

#include "backend/cuda/group_norm_layout.h"
#include "backend/cuda/weighted_sum_block.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

std::string tensor_text(const at::Tensor& tensor) {
  if (!tensor.defined()) return "nothing";
  return c10::str(tensor.scalar_type(), " ", tensor.sizes(), " on ", tensor.device().str());
}

[[noreturn]] void refuse_tensor(const std::string& reader, const std::string& accepted, const at::Tensor& got) {
  throw Error(reader + " takes " + accepted + ", got " + tensor_text(got));
}

bool is_number_type(c10::ScalarType type) {
  return type == c10::ScalarType::Float || type == c10::ScalarType::Half || type == c10::ScalarType::BFloat16;
}

// Of the same kind and in the same place as `input`, of that shape.
void require_beside(const at::Tensor& tensor, const char* name, const at::Tensor& input, at::IntArrayRef sizes) {
  const bool fits = tensor.defined() && tensor.layout() == at::kStrided && tensor.device() == input.device() &&
                    tensor.scalar_type() == input.scalar_type() && tensor.sizes() == sizes;
  if (fits) return;
  refuse_tensor(c10::str("a fused GroupNorm of ", tensor_text(input)), c10::str(sizes, " of that kind as ", name),
                tensor);
}

void require_groups(const GroupNormInputs& inputs) {
  const std::int64_t channels = inputs.input.size(1), groups = inputs.groups;
  if (groups < 1 || channels < 1 || channels % groups != 0 || channels > std::numeric_limits<int>::max()) {
    refuse_tensor("a fused GroupNorm", c10::str("channels that ", groups, " groups can share equally"), inputs.input);
  }
  if (channels / groups <= kMostGroupChannels) return;
  refuse_tensor("a fused GroupNorm",
                c10::str("at most ", kMostGroupChannels, " channels in each of ", groups, " groups"), inputs.input);
}

}  // namespace

void require_numbers(const at::Tensor& tensor, const char* reader, c10::DeviceType device_type,
                     std::int64_t dimensions) {
  const bool fits = tensor.defined() && tensor.layout() == at::kStrided && tensor.device().type() == device_type &&
                    is_number_type(tensor.scalar_type()) && tensor.dim() >= dimensions;
  if (fits) return;
  refuse_tensor(reader,
                c10::str("float32, float16 or bfloat16 of ", dimensions, " dimensions or more on a ",
                         c10::DeviceTypeName(device_type, true), " device"),
                tensor);
}

NumberKind number_kind(const at::Tensor& tensor) {
  if (tensor.scalar_type() == c10::ScalarType::Float) return NumberKind::kFloat32;
  return tensor.scalar_type() == c10::ScalarType::Half ? NumberKind::kFloat16 : NumberKind::kBfloat16;
}

void require_group_norm_inputs(const GroupNormInputs& inputs, c10::DeviceType device_type) {
  require_numbers(inputs.input, "a fused GroupNorm", device_type, 4);
  if (inputs.input.dim() != 4) refuse_tensor("a fused GroupNorm", "[batch, channels, height, width]", inputs.input);
  require_groups(inputs);
  const std::int64_t batch = inputs.input.size(0), channels = inputs.input.size(1);
  require_beside(inputs.weight, "weight", inputs.input, {channels});
  require_beside(inputs.bias, "bias", inputs.input, {channels});
  if (inputs.addend.defined()) require_beside(inputs.addend, "addend", inputs.input, {batch, channels, 1, 1});
}

void require_terms(std::span<const WeighedTensor> terms, c10::DeviceType device_type) {
  if (terms.empty() || terms.size() > kMostTerms) {
    throw Error(c10::str("a weighted sum takes 1 to ", kMostTerms, " terms, got ", terms.size()));
  }
  const at::Tensor& first = terms.front().tensor;
  for (const auto& [tensor, weight] : terms) {
    require_numbers(tensor, "a weighted sum", device_type, 0);
    const bool fits = tensor.scalar_type() == c10::ScalarType::Float && tensor.sizes() == first.sizes() &&
                      tensor.device() == first.device();
    if (!fits) refuse_tensor(c10::str("a weighted sum with ", tensor_text(first)), "terms in float32 alike", tensor);
  }
}

}  // namespace deepcache_gen
