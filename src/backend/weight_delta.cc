#include "backend/weight_delta.h"

#include <c10/core/ScalarType.h>
#include <c10/util/StringUtil.h>

#include <algorithm>

#include "support/error.h"

namespace deepcache_gen {
namespace {

bool is_usable(const at::Tensor& delta) {
  return delta.defined() && delta.device().is_cpu() && delta.layout() == at::kStrided && delta.is_floating_point();
}

bool fits(const FullDelta& full, at::IntArrayRef weight) {
  return is_usable(full.numbers) && full.numbers.sizes() == weight;
}

// The factors may have the dimensions of a convolution, up those of one pixel.
bool fits(const LowRankDelta& product, at::IntArrayRef weight) {
  const at::Tensor &up = product.up, &down = product.down;
  if (!is_usable(up) || !is_usable(down) || weight.empty() || up.dim() < 2 || down.dim() < 2) return false;
  const std::int64_t rank = up.size(1);
  const at::IntArrayRef inputs = weight.slice(1);
  const bool is_kernel = down.sizes().slice(1) == inputs;
  const bool is_matrix = down.dim() == 2 && down.size(1) == c10::multiply_integers(inputs);
  return up.size(0) == weight[0] && up.numel() == weight[0] * rank && down.size(0) == rank && (is_kernel || is_matrix);
}

std::string described_delta(const at::Tensor& tensor) {
  return tensor.defined() ? c10::str(tensor.scalar_type(), " ", tensor.sizes()) : "nothing";
}
std::string described_delta(const FullDelta& full) { return described_delta(full.numbers); }
std::string described_delta(const LowRankDelta& product) {
  return "up " + described_delta(product.up) + " and down " + described_delta(product.down);
}

void add_to(const at::Tensor& sum, const FullDelta& full) { sum.add_(full.numbers.to(at::kFloat), full.scale); }

void add_to(const at::Tensor& sum, const LowRankDelta& product) {
  const at::Tensor up = product.up.to(at::kFloat).flatten(1), down = product.down.to(at::kFloat).flatten(1);
  sum.view({sum.size(0), -1}).addmm_(up, down, 1, product.scale);
}

std::vector<const at::Tensor*> tensors_of(const WeightDelta& delta) {
  if (const auto* product = std::get_if<LowRankDelta>(&delta)) return {&product->up, &product->down};
  return {&std::get<FullDelta>(delta).numbers};
}

double scale_of(const WeightDelta& delta) {
  return std::visit([](const auto& each) { return each.scale; }, delta);
}

}  // namespace

void require_fitting(const NamedDelta& named, at::IntArrayRef weight) {
  if (!named.delta) return;
  std::visit(
      [&](const auto& delta) {
        if (fits(delta, weight)) return;
        throw Error(c10::str("the weight '", named.name, "' is ", weight, ", and what is to be added to it ",
                             described_delta(delta), "; accepted are floating-point numbers of that shape, or up [",
                             weight.empty() ? 0 : weight[0],
                             ", rank] and down [rank, all the others]; take what was made for this model"));
      },
      *named.delta);
}

DeltaIdentity::DeltaIdentity(const WeightDelta& delta) : scale_(scale_of(delta)) {
  for (const at::Tensor* tensor : tensors_of(delta)) tensors_.emplace_back(tensor->getIntrusivePtr());
}

bool DeltaIdentity::is_of(const WeightDelta& delta) const {
  const std::vector<const at::Tensor*> tensors = tensors_of(delta);
  return scale_ == scale_of(delta) && std::equal(tensors_.begin(), tensors_.end(), tensors.begin(), tensors.end(),
                                                 [](const auto& known, const at::Tensor* tensor) {
                                                   return known._unsafe_get_target() == tensor->unsafeGetTensorImpl();
                                                 });
}

void add_delta(const at::Tensor& sum, const WeightDelta& delta) {
  std::visit([&](const auto& each) { add_to(sum, each); }, delta);
}

}  // namespace deepcache_gen
