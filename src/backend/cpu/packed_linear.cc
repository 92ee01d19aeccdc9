#include "backend/cpu/packed_linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>

#include <string_view>
#include <utility>
#include <vector>

#include "backend/cpu/library_operator.h"
#include "backend/cpu/operands.h"
#include "backend/graph/refused_operand.h"

namespace deepcache_gen {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;

// A weight packed for this many rows also suits others; for a single row oneDNN chooses another layout.
constexpr std::int64_t kTypicalRows = 1024;

at::Tensor pack(const at::Tensor& weight) {
  if (weight.dim() != 2 || weight.numel() == 0) refuse_operand("a linear", "a weight [outputs, inputs]", weight);
  static const auto reorder = find_library_operator<at::Tensor(const at::Tensor&, std::optional<std::int64_t>)>(
      "mkldnn::_reorder_linear_weight");
  return reorder.call(weight, kTypicalRows);
}

at::Tensor multiply(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                    std::string_view activation) {
  static const auto linear =
      find_library_operator<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                                       std::string_view, Scalars, std::optional<std::string_view>)>(
          "mkldnn::_linear_pointwise");
  return linear.call(input, weight, bias, activation, Scalars(), activation == "gelu" ? "none" : "");
}

at::Tensor add_product(const at::Tensor& input, const at::Tensor& other, const at::Tensor& weight,
                       const std::optional<at::Tensor>& bias) {
  static const auto linear = find_library_operator<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                                              const std::optional<at::Tensor>&, std::string_view)>(
      "mkldnn::_linear_pointwise", "binary");
  return linear.call(input, other, weight, bias, "add");
}

}  // namespace

PackedLinear::PackedLinear(WeightSource weight, const std::optional<at::Tensor>& bias,
                           const WeightConversion& conversion)
    : FollowingWeight(conversion.kept()), source_(std::move(weight)), conversion_(conversion.apart()) {
  WeightConversion shared = conversion;
  weight_ = pack(shared.convert(source_.parts()));
  outputs_ = source_.outline().size(0);
  inputs_ = source_.outline().size(1);
  source_.let_go();
  state_ = source_.state();
  require_per_channel(bias, "a linear", outputs_);
  // Copied in any case: the numbers may lie in a mapped file.
  if (bias) bias_ = bias->to(conversion.dtype(), false, /*copy=*/true);
}

PackedLinear::PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias)
    : PackedLinear(weight, bias, WeightConversion(weight.scalar_type())) {}

const at::Tensor& PackedLinear::packed() const {
  follow();
  return weight_;
}

void PackedLinear::follow() const {
  const WeightState state = source_.state();
  if (weight_.defined() && state == state_) return;
  // Handed over before the next is packed: or both would be there for a moment where nothing is kept.
  if (weight_.defined()) keep(state_, std::move(weight_));
  weight_ = take_kept(state);
  if (!weight_.defined()) pack_again();
  state_ = state;
}

void PackedLinear::pack_again() const {
  WeightConversion conversion = conversion_.apart();
  at::Tensor packed = pack(conversion.convert(source_.parts()));
  conversion.finish_reading();
  weight_ = std::move(packed);
}

at::Tensor PackedLinear::run(const at::Tensor& input) const {
  require_rows(input, conversion_.dtype(), inputs_);
  return multiply(input, packed(), bias_, "none");
}

at::Tensor PackedLinear::run_gelu(const at::Tensor& input) const {
  require_rows(input, conversion_.dtype(), inputs_);
  return multiply(input, packed(), bias_, "gelu");
}

at::Tensor PackedLinear::run_add(const at::Tensor& input, const at::Tensor& other) const {
  require_rows(input, conversion_.dtype(), inputs_);
  std::vector<std::int64_t> sizes = input.sizes().vec();
  sizes.back() = outputs_;
  const bool fits = other.sizes() == at::IntArrayRef(sizes) && is_computable(other, input.scalar_type());
  return fits ? add_product(input, other, packed(), bias_) : run(input) + other;
}

}  // namespace deepcache_gen
